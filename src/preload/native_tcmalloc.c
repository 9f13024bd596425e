/* The names of gperftools' tcmalloc, <gperftools/tcmalloc.h>. */
#include "preload/native_hooks.h"

#define allocator native_tcmalloc

/* std::align_val_t is passed as a number, std::nothrow_t by its address. */
#define FUNCTIONS(X)                                                                               \
    X(ALLOCATES, tc_malloc, (size_t size), (size), size)                                           \
    X(ALLOCATES, tc_malloc_skip_new_handler, (size_t size), (size), size)                          \
    X(ALLOCATES, tc_calloc, (size_t count, size_t size), (count, size), count *size)               \
    X(ALLOCATES, tc_memalign, (size_t alignment, size_t size), (alignment, size), size)            \
    X(ALLOCATES_AT, tc_posix_memalign, (void **place, size_t alignment, size_t size),              \
      (place, alignment, size), place, size)                                                       \
    X(ALLOCATES, tc_valloc, (size_t size), (size), size)                                           \
    X(ALLOCATES, tc_pvalloc, (size_t size), (size), size)                                          \
    X(RESIZES, tc_realloc, (void *block, size_t size), (block, size), size,                        \
      size == 0 ? NATIVE_FREES : NATIVE_KEEPS)                                                     \
    X(FREES, tc_free, (void *block), (block))                                                      \
    X(FREES, tc_free_sized, (void *block, size_t size), (block, size))                             \
    X(FREES, tc_cfree, (void *block), (block))                                                     \
    X(ALLOCATES, tc_new, (size_t size), (size), size)                                              \
    X(ALLOCATES, tc_newarray, (size_t size), (size), size)                                         \
    X(ALLOCATES, tc_new_nothrow, (size_t size, const void *nothrow), (size, nothrow), size)        \
    X(ALLOCATES, tc_newarray_nothrow, (size_t size, const void *nothrow), (size, nothrow), size)   \
    X(ALLOCATES, tc_new_aligned, (size_t size, size_t alignment), (size, alignment), size)         \
    X(ALLOCATES, tc_newarray_aligned, (size_t size, size_t alignment), (size, alignment), size)    \
    X(ALLOCATES, tc_new_aligned_nothrow, (size_t size, size_t alignment, const void *nothrow),     \
      (size, alignment, nothrow), size)                                                            \
    X(ALLOCATES, tc_newarray_aligned_nothrow,                                                      \
      (size_t size, size_t alignment, const void *nothrow), (size, alignment, nothrow), size)      \
    X(FREES, tc_delete, (void *block), (block))                                                    \
    X(FREES, tc_deletearray, (void *block), (block))                                               \
    X(FREES, tc_delete_sized, (void *block, size_t size), (block, size))                           \
    X(FREES, tc_deletearray_sized, (void *block, size_t size), (block, size))                      \
    X(FREES, tc_delete_nothrow, (void *block, const void *nothrow), (block, nothrow))              \
    X(FREES, tc_deletearray_nothrow, (void *block, const void *nothrow), (block, nothrow))         \
    X(FREES, tc_delete_aligned, (void *block, size_t alignment), (block, alignment))               \
    X(FREES, tc_deletearray_aligned, (void *block, size_t alignment), (block, alignment))          \
    X(FREES, tc_delete_sized_aligned, (void *block, size_t size, size_t alignment),                \
      (block, size, alignment))                                                                    \
    X(FREES, tc_deletearray_sized_aligned, (void *block, size_t size, size_t alignment),           \
      (block, size, alignment))                                                                    \
    X(FREES, tc_delete_aligned_nothrow, (void *block, size_t alignment, const void *nothrow),      \
      (block, alignment, nothrow))                                                                 \
    X(FREES, tc_deletearray_aligned_nothrow, (void *block, size_t alignment, const void *nothrow), \
      (block, alignment, nothrow))

FUNCTIONS(NATIVE_DEFINE)

static const struct native_function functions[] = {FUNCTIONS(NATIVE_ROW)};
struct native_allocator native_tcmalloc = {
    .sign = "tc_version", .functions = functions, .count = sizeof functions / sizeof *functions};

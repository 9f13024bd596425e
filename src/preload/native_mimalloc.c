/* mimalloc's own interface, <mimalloc.h>. */
#include <stdbool.h>
#include <string.h>

#include "preload/native_hooks.h"

#define allocator native_mimalloc

/* Most functions have a twin that takes the heap first. */
#define WITH_HEAP(...) (void *heap, __VA_ARGS__)
#define AND_HEAP(...) (heap, __VA_ARGS__)
#define BOTH(X, kind, name, parameters, arguments, ...)    \
    X(kind, mi_##name, parameters, arguments, __VA_ARGS__) \
    X(kind, mi_heap_##name, WITH_HEAP parameters, AND_HEAP arguments, __VA_ARGS__)

typedef bool visitor(const void *heap, const void *area, void *block, size_t size, void *data);

static size_t wide_size(const unsigned short *text) {
    size_t count = 1;
    while (*text++ != 0)
        count++;
    return count * sizeof *text;
}

#define FUNCTIONS(X)                                                                               \
    BOTH(X, ALLOCATES, malloc, (size_t size), (size), size)                                        \
    BOTH(X, ALLOCATES, zalloc, (size_t size), (size), size)                                        \
    BOTH(X, ALLOCATES, calloc, (size_t count, size_t size), (count, size), count *size)            \
    BOTH(X, ALLOCATES, mallocn, (size_t count, size_t size), (count, size), count *size)           \
    BOTH(X, ALLOCATES, malloc_small, (size_t size), (size), size)                                  \
    X(ALLOCATES, mi_zalloc_small, (size_t size), (size), size)                                     \
    BOTH(X, ALLOCATES, malloc_aligned, (size_t size, size_t alignment), (size, alignment), size)   \
    BOTH(X, ALLOCATES, malloc_aligned_at, (size_t size, size_t alignment, size_t offset),          \
         (size, alignment, offset), size)                                                          \
    BOTH(X, ALLOCATES, zalloc_aligned, (size_t size, size_t alignment), (size, alignment), size)   \
    BOTH(X, ALLOCATES, zalloc_aligned_at, (size_t size, size_t alignment, size_t offset),          \
         (size, alignment, offset), size)                                                          \
    BOTH(X, ALLOCATES, calloc_aligned, (size_t count, size_t size, size_t alignment),              \
         (count, size, alignment), count *size)                                                    \
    BOTH(X, ALLOCATES, calloc_aligned_at,                                                          \
         (size_t count, size_t size, size_t alignment, size_t offset),                             \
         (count, size, alignment, offset), count *size)                                            \
    X(ALLOCATES, mi_memalign, (size_t alignment, size_t size), (alignment, size), size)            \
    X(ALLOCATES, mi_aligned_alloc, (size_t alignment, size_t size), (alignment, size), size)       \
    X(ALLOCATES, mi_valloc, (size_t size), (size), size)                                           \
    X(ALLOCATES, mi_pvalloc, (size_t size), (size), size)                                          \
    X(ALLOCATES_AT, mi_posix_memalign, (void **place, size_t alignment, size_t size),              \
      (place, alignment, size), place, size)                                                       \
    X(ALLOCATES, mi_new, (size_t size), (size), size)                                              \
    X(ALLOCATES, mi_new_nothrow, (size_t size), (size), size)                                      \
    X(ALLOCATES, mi_new_aligned, (size_t size, size_t alignment), (size, alignment), size)         \
    X(ALLOCATES, mi_new_aligned_nothrow, (size_t size, size_t alignment), (size, alignment), size) \
    X(ALLOCATES, mi_new_n, (size_t count, size_t size), (count, size), count *size)                \
    X(ALLOCATES, mi_heap_alloc_new, (void *heap, size_t size), (heap, size), size)                 \
    X(ALLOCATES, mi_heap_alloc_new_n, (void *heap, size_t count, size_t size),                     \
      (heap, count, size), count *size)                                                            \
    BOTH(X, RESIZES, realloc, (void *block, size_t size), (block, size), size, NATIVE_KEEPS)       \
    BOTH(X, RESIZES, reallocn, (void *block, size_t count, size_t size), (block, count, size),     \
         count *size, NATIVE_KEEPS)                                                                \
    BOTH(X, RESIZES, reallocf, (void *block, size_t size), (block, size), size, NATIVE_LOSES)      \
    BOTH(X, RESIZES, rezalloc, (void *block, size_t size), (block, size), size, NATIVE_KEEPS)      \
    BOTH(X, RESIZES, recalloc, (void *block, size_t count, size_t size), (block, count, size),     \
         count *size, NATIVE_KEEPS)                                                                \
    BOTH(X, RESIZES, realloc_aligned, (void *block, size_t size, size_t alignment),                \
         (block, size, alignment), size, NATIVE_KEEPS)                                             \
    BOTH(X, RESIZES, realloc_aligned_at,                                                           \
         (void *block, size_t size, size_t alignment, size_t offset),                              \
         (block, size, alignment, offset), size, NATIVE_KEEPS)                                     \
    BOTH(X, RESIZES, rezalloc_aligned, (void *block, size_t size, size_t alignment),               \
         (block, size, alignment), size, NATIVE_KEEPS)                                             \
    BOTH(X, RESIZES, rezalloc_aligned_at,                                                          \
         (void *block, size_t size, size_t alignment, size_t offset),                              \
         (block, size, alignment, offset), size, NATIVE_KEEPS)                                     \
    BOTH(X, RESIZES, recalloc_aligned, (void *block, size_t count, size_t size, size_t alignment), \
         (block, count, size, alignment), count *size, NATIVE_KEEPS)                               \
    BOTH(X, RESIZES, recalloc_aligned_at,                                                          \
         (void *block, size_t count, size_t size, size_t alignment, size_t offset),                \
         (block, count, size, alignment, offset), count *size, NATIVE_KEEPS)                       \
    X(RESIZES, mi_reallocarray, (void *block, size_t count, size_t size), (block, count, size),    \
      count *size, NATIVE_KEEPS)                                                                   \
    X(RESIZES, mi_new_realloc, (void *block, size_t size), (block, size), size, NATIVE_KEEPS)      \
    X(RESIZES, mi_new_reallocn, (void *block, size_t count, size_t size), (block, count, size),    \
      count *size, NATIVE_KEEPS)                                                                   \
    X(RESIZES, mi_aligned_recalloc, (void *block, size_t count, size_t size, size_t alignment),    \
      (block, count, size, alignment), count *size, NATIVE_KEEPS)                                  \
    X(RESIZES, mi_aligned_offset_recalloc,                                                         \
      (void *block, size_t count, size_t size, size_t alignment, size_t offset),                   \
      (block, count, size, alignment, offset), count *size, NATIVE_KEEPS)                          \
    X(OWN, mi_reallocarr, int, (void *place, size_t count, size_t size))                           \
    X(FITS, mi_expand, void *, (void *block, size_t size), (block, size), result != NULL, size)    \
    X(FITS, mi__expand, void *, (void *block, size_t size), (block, size), result != NULL, size)   \
    BOTH(X, COPIES, strdup, (const char *text), (text), text, strlen(block) + 1)                   \
    BOTH(X, COPIES, strndup, (const char *text, size_t most), (text, most), text,                  \
         strlen(block) + 1)                                                                        \
    X(COPIES, mi_mbsdup, (const unsigned char *text), (text), text, strlen(block) + 1)             \
    X(COPIES, mi_wcsdup, (const unsigned short *text), (text), text, wide_size(block))             \
    X(OWN, mi_realpath, char *, (const char *path, char *place))                                   \
    X(OWN, mi_heap_realpath, char *, (void *heap, const char *path, char *place))                  \
    X(ALLOCATES_AT, mi_dupenv_s, (char **place, size_t *size, const char *name),                   \
      (place, size, name), place, strlen(*place) + 1)                                              \
    X(FREES, mi_free, (void *block), (block))                                                      \
    X(FREES, mi_cfree, (void *block), (block))                                                     \
    X(FREES, mi_free_size, (void *block, size_t size), (block, size))                              \
    X(FREES, mi_free_aligned, (void *block, size_t alignment), (block, alignment))                 \
    X(FREES, mi_free_size_aligned, (void *block, size_t size, size_t alignment),                   \
      (block, size, alignment))                                                                    \
    X(OWN, mi_heap_destroy, void, (void *heap))                                                    \
    X(CALLED, mi_heap_get_backing, void *, (void))                                                 \
    X(CALLED, mi_heap_visit_blocks, bool, (const void *heap, bool all, visitor *visit, void *data))

FUNCTIONS(NATIVE_DEFINE)

static const struct native_function functions[] = {FUNCTIONS(NATIVE_ROW)};
struct native_allocator native_mimalloc = {
    .sign = "mi_version", .functions = functions, .count = sizeof functions / sizeof *functions};

/* reallocarray with the block's pointer in *place, and an error number. */
static int hook_mi_reallocarr(void *place, size_t count, size_t size) {
    const struct unwind_start *start = UNWIND_START_HERE();
    struct native_resize r;
    void **pointer = place, *block;
    int error;
    if (place == NULL)
        return real_mi_reallocarr(place, count, size);
    block = *pointer;
    r = native_resize_begin(&allocator, block, start);
    error = real_mi_reallocarr(place, count, size);
    native_resize_end(&allocator, r, block, error == 0 ? *pointer : NULL, count * size,
                      NATIVE_KEEPS, start);
    return error;
}

/* With a place given, the result is no new block; without a file there is none. */
static void resolved(const char *path, const char *place, const struct unwind_start *start) {
    if (place == NULL && path != NULL)
        native_allocated(&allocator, path, strlen(path) + 1, start);
}

static char *hook_mi_realpath(const char *path, char *place) {
    char *found = real_mi_realpath(path, place);
    resolved(found, place, UNWIND_START_HERE());
    return found;
}

static char *hook_mi_heap_realpath(void *heap, const char *path, char *place) {
    char *found = real_mi_heap_realpath(heap, path, place);
    resolved(found, place, UNWIND_START_HERE());
    return found;
}

/* An aligned block begins somewhere in the block that the heap knows of. */
static bool bury(const void *heap, const void *area, void *block, size_t size, void *start) {
    enum { LEAST_DISTANCE = 8 };
    const char *at = block, *end = at + size;
    (void)heap, (void)area;
    while (at != NULL && at < end && !event_is_known(at))
        at += LEAST_DISTANCE;
    if (at != NULL && at < end)
        event_freed(at, start);
    return true;
}

/* The blocks of a heap end with it, but for a thread's first heap, which never ends. */
static void hook_mi_heap_destroy(void *heap) {
    const struct unwind_start *start = UNWIND_START_HERE();
    if (native_is_on(&allocator, start) && heap != real_mi_heap_get_backing())
        real_mi_heap_visit_blocks(heap, true, bury, (void *)(uintptr_t)start);
    real_mi_heap_destroy(heap);
}

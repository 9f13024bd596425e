/* jemalloc(3)'s non-standard interface. */
#include "preload/native_hooks.h"

#define allocator native_jemalloc

/* Between `size` and `size + extra` bytes were asked for. xallocx gives the usable size, whether or
 * not it has changed it. */
static size_t fitted(size_t usable, size_t size, size_t extra) {
    return usable - size < extra ? usable : size + extra;
}

#define FUNCTIONS(X)                                                                       \
    X(ALLOCATES, mallocx, (size_t size, int flags), (size, flags), size)                   \
    X(RESIZES, rallocx, (void *block, size_t size, int flags), (block, size, flags), size, \
      NATIVE_KEEPS)                                                                        \
    X(FITS, xallocx, size_t, (void *block, size_t size, size_t extra, int flags),          \
      (block, size, extra, flags), result >= size, fitted(result, size, extra))            \
    X(FREES, dallocx, (void *block, int flags), (block, flags))                            \
    X(FREES, sdallocx, (void *block, size_t size, int flags), (block, size, flags))

FUNCTIONS(NATIVE_DEFINE)

static const struct native_function functions[] = {FUNCTIONS(NATIVE_ROW)};
struct native_allocator native_jemalloc = {
    .sign = "mallctl", .functions = functions, .count = sizeof functions / sizeof *functions};

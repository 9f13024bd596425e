/* The malloc family. Every hook: is tracing on? - real call - hand over. The tracer keeps errno, so
 * what the real call left there is what the program sees. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include "preload/hook.h"
#include "preload/real.h"
#include "tracer/event.h"

/* The end of a hook that allocates: hands a fresh block over, or counts the failure. */
static inline void *hand_over(void *block, size_t size, const struct unwind_start *start) {
    if (__builtin_expect(block != NULL, 1))
        event_allocated(block, size, start);
    else
        event_failed();
    return block;
}

/* A hook that returns a new block of `bytes` bytes. */
#define HOOK_ALLOCATION(name, parameters, arguments, bytes) \
    HOOK void *name parameters {                            \
        int on = hook_is_on();                              \
        void *block = real.name arguments;                  \
        struct unwind_start start;                          \
        if (!on)                                            \
            return block;                                   \
        start = UNWIND_START_HERE();                        \
        return hand_over(block, bytes, &start);             \
    }

HOOK_ALLOCATION(malloc, (size_t size), (size), size)
HOOK_ALLOCATION(calloc, (size_t count, size_t size), (count, size), count *size)
HOOK_ALLOCATION(memalign, (size_t alignment, size_t size), (alignment, size), size)
HOOK_ALLOCATION(aligned_alloc, (size_t alignment, size_t size), (alignment, size), size)
HOOK_ALLOCATION(valloc, (size_t size), (size), size)
HOOK_ALLOCATION(pvalloc, (size_t size), (size), size)

HOOK int posix_memalign(void **block, size_t alignment, size_t size) {
    int on = hook_is_on(), error = real.posix_memalign(block, alignment, size);
    struct unwind_start start = UNWIND_START_HERE();
    if (on && error == 0 && *block != NULL)
        event_allocated(*block, size, &start);
    else if (on && error == ENOMEM)
        event_failed();
    return error;
}

/* realloc while tracing is on. With size 0 the allocator decides whether it frees. */
static void *resize(void *block, size_t size, const struct unwind_start *start) {
    block_word word;
    void *moved;
    if (block == NULL)
        return hand_over(real.realloc(NULL, size), size, start);
    word = event_realloc_begin(block);
    moved = real.realloc(block, size);
    if (moved != NULL)
        event_reallocated(block, word, moved, size, start);
    else if (size == 0)
        event_realloc_freed(block, word);
    else
        event_realloc_failed(block, word);
    return moved;
}

HOOK void *realloc(void *block, size_t size) {
    struct unwind_start start;
    if (!hook_is_on())
        return real.realloc(block, size);
    start = UNWIND_START_HERE();
    return resize(block, size, &start);
}

HOOK void *reallocarray(void *block, size_t count, size_t size) {
    struct unwind_start start;
    int on = hook_is_on();
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        if (on)
            event_failed();
        errno = ENOMEM;
        return NULL;
    }
    if (!on)
        return real.realloc(block, bytes);
    start = UNWIND_START_HERE();
    return resize(block, bytes, &start);
}

#define RECORD_FREE(block)                                   \
    do {                                                     \
        if ((block) != NULL && hook_is_on()) {               \
            struct unwind_start start = UNWIND_START_HERE(); \
            event_freed((block), &start);                    \
        }                                                    \
    } while (0)

HOOK void free(void *block) {
    RECORD_FREE(block);
    real.free(block);
}

/* C23: where the allocator lacks them, free does the same. */
HOOK void free_sized(void *block, size_t size) {
    RECORD_FREE(block);
    if (real.free_sized != NULL)
        real.free_sized(block, size);
    else
        real.free(block);
}

HOOK void free_aligned_sized(void *block, size_t alignment, size_t size) {
    RECORD_FREE(block);
    if (real.free_aligned_sized != NULL)
        real.free_aligned_sized(block, alignment, size);
    else
        real.free(block);
}

HOOK size_t malloc_usable_size(void *block) {
    hook_is_on();
    return real.malloc_usable_size(block);
}

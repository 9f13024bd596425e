/* The malloc family. Every hook: is tracing on? - real call - hand over. The tracer keeps errno, so
 * what the real call left there is what the program sees. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include "preload/early.h"
#include "preload/hook.h"
#include "tracer/event.h"
#include "tracer/record.h"

/* The end of a hook that allocates: hands a fresh block over, or counts the failure. */
static inline void *hand_over(void *block, size_t size, const struct unwind_start *start) {
    if (__builtin_expect(block != NULL, 1))
        record_allocated(block, size, start);
    else
        event_failed();
    return block;
}

/* A hook that returns a new block of `bytes` bytes. What traces, and what does not know yet, are
 * other functions, that the hook jumps to: so what does not trace needs no stack frame. */
#define HOOK_ALLOCATION(name, parameters, arguments, bytes, alignment)                   \
    RECORD_WHOLE __attribute__((noinline)) static void *traced_##name parameters {       \
        return hand_over(real.name arguments, bytes, UNWIND_START_HERE());               \
    }                                                                                    \
    __attribute__((noinline)) static void *first_##name parameters {                     \
        if (hook_is_on())                                                                \
            return traced_##name arguments;                                              \
        return hook_is_early() ? early_allocate(bytes, alignment) : real.name arguments; \
    }                                                                                    \
    HOOK void *name parameters {                                                         \
        if (__builtin_expect(session_has_begun(), 1))                                    \
            return traced_##name arguments;                                              \
        return hook_is_off() ? real.name arguments : first_##name arguments;             \
    }

HOOK_ALLOCATION(malloc, (size_t size), (size), size, 0)
HOOK_ALLOCATION(calloc, (size_t count, size_t size), (count, size), count *size, 0)
HOOK_ALLOCATION(memalign, (size_t alignment, size_t size), (alignment, size), size, alignment)
HOOK_ALLOCATION(aligned_alloc, (size_t alignment, size_t size), (alignment, size), size, alignment)
HOOK_ALLOCATION(valloc, (size_t size), (size), size, ARCH_PAGE)
HOOK_ALLOCATION(pvalloc, (size_t size), (size), size, ARCH_PAGE)

HOOK int posix_memalign(void **block, size_t alignment, size_t size) {
    int on = hook_is_on(), error;
    if (!on && hook_is_early()) {
        *block = early_allocate(size, alignment);
        return *block != NULL ? 0 : ENOMEM;
    }
    error = real.posix_memalign(block, alignment, size);
    if (on && error == 0 && *block != NULL)
        event_allocated(*block, size, UNWIND_START_HERE());
    else if (on && error == ENOMEM)
        event_failed();
    return error;
}

/* A block of the early pool moves to the real allocator. */
static void *move_early(const void *block, size_t size) {
    char *moved = malloc(size);
    for (size_t i = 0; moved != NULL && i < size && i < early_size(block); i++)
        moved[i] = ((const char *)block)[i];
    return moved;
}

/* realloc of a block while tracing is on. With size 0 the allocator decides whether it frees. */
static __attribute__((noinline)) void *resize(void *block, size_t size,
                                              const struct unwind_start *start) {
    struct block old;
    void *moved;
    if (early_owns(block))
        return move_early(block, size);
    old = event_realloc_begin(block);
    moved = real.realloc(block, size);
    if (moved != NULL)
        event_reallocated(block, old, moved, size, start);
    else if (size == 0)
        event_realloc_freed(block, old);
    else
        event_realloc_failed(block, old);
    return moved;
}

RECORD_WHOLE __attribute__((noinline)) static void *traced_realloc(void *block, size_t size) {
    if (block == NULL)
        return hand_over(real.realloc(NULL, size), size, UNWIND_START_HERE());
    block = resize(block, size, UNWIND_START_HERE());
    unwind_start_end();
    return block;
}

__attribute__((noinline)) static void *first_realloc(void *block, size_t size) {
    if (hook_is_on())
        return traced_realloc(block, size);
    if (hook_is_early())
        return early_resize(block, size);
    return early_owns(block) ? move_early(block, size) : real.realloc(block, size);
}

HOOK void *realloc(void *block, size_t size) {
    return session_has_begun() ? traced_realloc(block, size) : first_realloc(block, size);
}

HOOK void *reallocarray(void *block, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        if (hook_is_on())
            event_failed();
        errno = ENOMEM;
        return NULL;
    }
    if (hook_is_early())
        return early_resize(block, bytes);
    return realloc(block, bytes); /* the program's own, if it has one */
}

/* A hook that frees `block`: `forward` is the real call. */
#define HOOK_FREE(name, parameters, arguments, forward)                                      \
    RECORD_WHOLE __attribute__((noinline)) static void traced_##name parameters {            \
        if (block == NULL || record_freed(block, UNWIND_START_HERE()) || !early_owns(block)) \
            forward;                                                                         \
    }                                                                                        \
    __attribute__((noinline)) static void first_##name parameters {                          \
        if (hook_is_on())                                                                    \
            traced_##name arguments;                                                         \
        else if (!early_owns(block))                                                         \
            forward;                                                                         \
    }                                                                                        \
    HOOK void name parameters {                                                              \
        if (__builtin_expect(session_has_begun(), 1))                                        \
            traced_##name arguments;                                                         \
        else if (!hook_is_off())                                                             \
            first_##name arguments;                                                          \
        else if (!early_owns(block))                                                         \
            forward;                                                                         \
    }

/* C23's sized variants: where the allocator lacks them, free does the same. */
HOOK_FREE(free, (void *block), (block), real.free(block))
HOOK_FREE(free_sized, (void *block, size_t size), (block, size),
          real.free_sized != NULL ? real.free_sized(block, size) : real.free(block))
HOOK_FREE(free_aligned_sized, (void *block, size_t alignment, size_t size),
          (block, alignment, size),
          real.free_aligned_sized != NULL ? real.free_aligned_sized(block, alignment, size)
                                          : real.free(block))

HOOK size_t malloc_usable_size(void *block) {
    hook_is_on();
    return early_owns(block) ? early_size(block) : real.malloc_usable_size(block);
}

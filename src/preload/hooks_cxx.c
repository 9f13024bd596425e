/* C++ operator new and delete in all variants. A C++ runtime's are malloc and free: they are done
 * here, so that what the program has asked for is recorded, where a runtime asks for a byte instead
 * of nothing, and for whole alignments. Where malloc has no memory, the runtime's own call the
 * new_handler and throw. Where there are other operators, all go on to what they would have met
 * without us; an allocator's have blocks that are recorded here. No guard spans them: bad_alloc
 * leaves through these frames. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "preload/hook.h"
#include "preload/operators.h"
#include "tracer/event.h"
#include "tracer/record.h"
#include "tracer/thread.h"
#include "unwind/unwind.h"

/* One shape for all: what a variant does not take is passed on unread. */
typedef void *operator_new(size_t size, uintptr_t a, uintptr_t b);
typedef void operator_delete(void *block, uintptr_t a, uintptr_t b);

static inline int are_plain(void) {
    enum operators_kind kind = __atomic_load_n(&operators_kind, __ATOMIC_ACQUIRE);
    return __builtin_expect(kind == OPERATORS_PLAIN, 1) != 0;
}

/* As libstdc++ asks for it. */
static inline void *allocate(size_t size, size_t alignment) {
    size_t asked = size != 0 ? size : 1, whole = (asked + alignment - 1) & -alignment;
    if (alignment == 0)
        return real.malloc(asked);
    return whole < asked ? NULL : real.aligned_alloc(alignment, whole);
}

/* NULL where there is no runtime that could throw. */
static void *fail(enum operator_name name, size_t size, uintptr_t a, uintptr_t b) {
    operator_new *next = (operator_new *)operators_real[name];
    return next != NULL ? next(size, a, b) : NULL;
}

/* What the allocator has not recorded by asking its malloc. */
static void *allocate_own(enum operator_name name, size_t size, uintptr_t a, uintptr_t b,
                          const struct unwind_start *start) {
    operator_new *next = (operator_new *)operators_real[name];
    struct thread *t = hook_is_on() && operators_have_blocks(name) ? thread_self() : NULL;
    uint64_t events = t != NULL ? t->number : 0;
    void *block = next != NULL ? next(size, a, b) : malloc(size);
    if (t == NULL || t->number != events)
        return block;
    if (block != NULL)
        event_allocated(block, size, start);
    else
        event_failed();
    return block;
}

#define HOOK_NEW(name, alignment)                                                               \
    RECORD_WHOLE __attribute__((noinline)) static void *traced##name(size_t size, uintptr_t a,  \
                                                                     uintptr_t b) {             \
        void *block = allocate(size, alignment);                                                \
        if (__builtin_expect(block == NULL, 0))                                                 \
            return fail(OPERATOR##name, size, a, b);                                            \
        record_allocated(block, size, UNWIND_START_HERE());                                     \
        return block;                                                                           \
    }                                                                                           \
    static void *untraced##name(size_t size, uintptr_t a, uintptr_t b) {                        \
        void *block = allocate(size, alignment);                                                \
        return block != NULL ? block : fail(OPERATOR##name, size, a, b);                        \
    }                                                                                           \
    __attribute__((noinline)) static void *own##name(size_t size, uintptr_t a, uintptr_t b) {   \
        void *block = allocate_own(OPERATOR##name, size, a, b, UNWIND_START_HERE());            \
        unwind_start_end();                                                                     \
        return block;                                                                           \
    }                                                                                           \
    __attribute__((noinline)) static void *other##name(size_t size, uintptr_t a, uintptr_t b) { \
        int on = hook_is_on();                                                                  \
        if (!are_plain())                                                                       \
            return own##name(size, a, b);                                                       \
        return on ? traced##name(size, a, b) : untraced##name(size, a, b);                      \
    }                                                                                           \
    HOOK void *name(size_t size, uintptr_t a, uintptr_t b);                                     \
    void *name(size_t size, uintptr_t a, uintptr_t b) {                                         \
        return are_plain() && session_has_begun() ? traced##name(size, a, b)                    \
                                                  : other##name(size, a, b);                    \
    }

static void release_own(enum operator_name name, void *block, uintptr_t a, uintptr_t b,
                        const struct unwind_start *start) {
    operator_delete *next = (operator_delete *)operators_real[name];
    if (next == NULL) {
        free(block);
    } else if (block == NULL || !operators_have_blocks(name) || !hook_is_on()) {
        next(block, a, b);
    } else {
        event_delete_begin(block, start);
        next(block, a, b);
        event_delete_end();
    }
}

#define HOOK_DELETE(name)                                                                      \
    __attribute__((noinline)) static void own##name(void *block, uintptr_t a, uintptr_t b) {   \
        release_own(OPERATOR##name, block, a, b, UNWIND_START_HERE());                         \
        unwind_start_end();                                                                    \
    }                                                                                          \
    __attribute__((noinline)) static void other##name(void *block, uintptr_t a, uintptr_t b) { \
        hook_is_on();                                                                          \
        if (are_plain())                                                                       \
            free(block);                                                                       \
        else                                                                                   \
            own##name(block, a, b);                                                            \
    }                                                                                          \
    HOOK void name(void *block, uintptr_t a, uintptr_t b);                                     \
    void name(void *block, uintptr_t a, uintptr_t b) {                                         \
        if (are_plain())                                                                       \
            free(block);                                                                       \
        else                                                                                   \
            other##name(block, a, b);                                                          \
    }

OPERATORS_NEW(HOOK_NEW)
OPERATORS_DELETE(HOOK_DELETE)

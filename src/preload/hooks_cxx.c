/* C++ operator new and delete in all variants. Those of a C++ runtime go on to malloc and are
 * recorded there; those of an allocator library do not, so a block that is still unknown after the
 * real call is recorded here. No guard spans the real operator new: bad_alloc, or whatever a
 * new_handler throws, leaves through these frames. */
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/hook.h"
#include "preload/real.h"
#include "tracer/event.h"
#include "tracer/thread.h"
#include "unwind/rule.h"

/* One shape for all: what a variant does not take is passed on unread. */
typedef void *operator_new(size_t size, uintptr_t a, uintptr_t b);
typedef void operator_delete(void *block, uintptr_t a, uintptr_t b);

/* The real operator behind one hook. The program's global scope may have none (a C program that
 * loads C++ plug-ins); then it depends on the object that calls. */
enum { CALLERS = 8 };
struct operator_row {
    const char *name;
    void *global;
    struct {
        const void *object;
        uint32_t generation;
        void *found;
    } seen[CALLERS];
};

static void *look_up(struct operator_row *row, const void *caller) {
    struct thread *t = thread_self();
    void *found;
    if (t != NULL)
        t->paused++; /* the loader allocates */
    found = dlsym(RTLD_NEXT, row->name);
    if (found != NULL)
        __atomic_store_n(&row->global, found, __ATOMIC_RELEASE);
    else
        found = real_symbol_seen_by(row->name, caller);
    if (t != NULL)
        t->paused--;
    return found;
}

static void *find_by_caller(struct operator_row *row, const void *caller) {
    struct dl_find_object object;
    size_t i;
    if (_dl_find_object((void *)(uintptr_t)caller, &object) != 0)
        return look_up(row, caller);
    i = (uintptr_t)object.dlfo_map_start / 4096 % CALLERS;
    if (row->seen[i].object != object.dlfo_map_start ||
        row->seen[i].generation != rule_generation()) {
        row->seen[i].object = NULL;
        row->seen[i].found = look_up(row, caller);
        row->seen[i].generation = rule_generation();
        row->seen[i].object = object.dlfo_map_start;
    }
    return row->seen[i].found;
}

static inline void *operator_of(struct operator_row *row, const void *caller) {
    void *global = __atomic_load_n(&row->global, __ATOMIC_ACQUIRE);
    return __builtin_expect(global != NULL, 1) ? global : find_by_caller(row, caller);
}

/* Nothing may be thrown out of the real operator. It may call another one, whose turn is over. */
static void *allocate_unseen(struct operator_row *row, const void *caller, size_t size, uintptr_t a,
                             uintptr_t b) {
    operator_new *next = (operator_new *)operator_of(row, caller);
    struct thread *t = thread_self();
    void *block;
    if (next == NULL || t == NULL || t->paused != 0)
        return NULL;
    t->paused++;
    block = next(size, a, b);
    t->paused--;
    return block;
}

/* A C++ runtime asks malloc for a byte where it is asked for nothing, and for whole alignments.
 * `is_rounded`: it will. Then what the program asked for is recorded, of a block from the variant
 * that never throws, called with the arguments that follow; if that has none, all is as usual. */
#define HOOK_NEW(symbol, is_rounded, never_throws, ...)                                        \
    HOOK void *symbol(size_t size, uintptr_t a, uintptr_t b);                                  \
    void *symbol(size_t size, uintptr_t a, uintptr_t b) {                                      \
        static struct operator_row row = {.name = #symbol}, unseen = {.name = #never_throws};  \
        const void *caller = __builtin_return_address(0);                                      \
        int on = hook_is_on(), is_unknown = on && (is_rounded);                                \
        void *block = is_unknown ? allocate_unseen(&unseen, caller, size, __VA_ARGS__) : NULL; \
        if (__builtin_expect(block == NULL, 1)) {                                              \
            operator_new *next = (operator_new *)operator_of(&row, caller);                    \
            block = next != NULL ? next(size, a, b) : real.malloc(size);                       \
            is_unknown = on && block != NULL && !event_is_known(block);                        \
        }                                                                                      \
        if (is_unknown) {                                                                      \
            const struct unwind_start *start = UNWIND_START_HERE();                            \
            event_allocated(block, size, start);                                               \
        }                                                                                      \
        return block;                                                                          \
    }

#define HOOK_DELETE(symbol)                                                                        \
    HOOK void symbol(void *block, uintptr_t a, uintptr_t b);                                       \
    void symbol(void *block, uintptr_t a, uintptr_t b) {                                           \
        static struct operator_row row = {.name = #symbol};                                        \
        int on = block != NULL && hook_is_on();                                                    \
        operator_delete *next = (operator_delete *)operator_of(&row, __builtin_return_address(0)); \
        const struct unwind_start *start = UNWIND_START_HERE();                                    \
        if (on)                                                                                    \
            event_delete_begin(block, start);                                                      \
        if (next != NULL)                                                                          \
            next(block, a, b);                                                                     \
        else                                                                                       \
            real.free(block);                                                                      \
        if (on)                                                                                    \
            event_delete_end();                                                                    \
    }

static const char nothrow; /* the address of a std::nothrow_t is all that counts */
#define NOTHROW (uintptr_t) & nothrow
#define IS_NOTHING __builtin_expect(size == 0, 0)
#define IS_PART (size == 0 || size % a != 0)

HOOK_NEW(_Znwm, IS_NOTHING, _ZnwmRKSt9nothrow_t, NOTHROW, 0)
HOOK_NEW(_Znam, IS_NOTHING, _ZnamRKSt9nothrow_t, NOTHROW, 0)
HOOK_NEW(_ZnwmRKSt9nothrow_t, IS_NOTHING, _ZnwmRKSt9nothrow_t, a, b)
HOOK_NEW(_ZnamRKSt9nothrow_t, IS_NOTHING, _ZnamRKSt9nothrow_t, a, b)
HOOK_NEW(_ZnwmSt11align_val_t, IS_PART, _ZnwmSt11align_val_tRKSt9nothrow_t, a, NOTHROW)
HOOK_NEW(_ZnamSt11align_val_t, IS_PART, _ZnamSt11align_val_tRKSt9nothrow_t, a, NOTHROW)
HOOK_NEW(_ZnwmSt11align_val_tRKSt9nothrow_t, IS_PART, _ZnwmSt11align_val_tRKSt9nothrow_t, a, b)
HOOK_NEW(_ZnamSt11align_val_tRKSt9nothrow_t, IS_PART, _ZnamSt11align_val_tRKSt9nothrow_t, a, b)

HOOK_DELETE(_ZdlPv)
HOOK_DELETE(_ZdaPv)
HOOK_DELETE(_ZdlPvm)
HOOK_DELETE(_ZdaPvm)
HOOK_DELETE(_ZdlPvRKSt9nothrow_t)
HOOK_DELETE(_ZdaPvRKSt9nothrow_t)
HOOK_DELETE(_ZdlPvSt11align_val_t)
HOOK_DELETE(_ZdaPvSt11align_val_t)
HOOK_DELETE(_ZdlPvmSt11align_val_t)
HOOK_DELETE(_ZdaPvmSt11align_val_t)
HOOK_DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t)
HOOK_DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t)

/* C++ operator new and delete in all variants. Those of a C++ runtime go on to malloc and free, or
 * to operators of the program's own, and have no need of us but for sizes that they round. Those of
 * an allocator library do not, so a block that is still unknown after the real call is recorded
 * here. No guard spans the real operator new: bad_alloc, or whatever a new_handler throws, leaves
 * through these frames. */
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/hook.h"
#include "preload/real.h"
#include "tracer/event.h"
#include "tracer/thread.h"
#include "unwind/rule.h"
#include "unwind/unwind.h"

/* One shape for all: what a variant does not take is passed on unread. */
typedef void *operator_new(size_t size, uintptr_t a, uintptr_t b);
typedef void operator_delete(void *block, uintptr_t a, uintptr_t b);

/* The real operator behind one hook. The program's global scope may have none (a C program that
 * loads C++ plug-ins); then it depends on the object that calls. */
enum { CALLERS = 8 };
struct operator_row {
    const char *name;
    int is_unseen;  /* what it calls is not recorded: it must be a C++ runtime's, down to malloc */
    void *runtimes; /* the same as global if that is a C++ runtime's */
    void *global;
    struct {
        const void *object;
        uint32_t generation;
        void *found;
    } seen[CALLERS];
};

/* One of the operators that the others go on to. */
static int is_replaced(const char *name) {
    const void *next = dlsym(RTLD_NEXT, name);
    return !unwind_is_own((uint64_t)(uintptr_t)dlsym(RTLD_DEFAULT, name)) ||
           (next != NULL && !real_is_cxx_runtime(next));
}

static int is_unfit(const struct operator_row *row, const void *found) {
    return row->is_unseen && (!real_is_cxx_runtime(found) || is_replaced("_Znwm") ||
                              is_replaced("_ZnwmSt11align_val_t"));
}

static void *find(struct operator_row *row, const void *caller) {
    void *found = dlsym(RTLD_NEXT, row->name), *global = found;
    if (found == NULL)
        found = real_symbol_seen_by(row->name, caller);
    if (found == NULL || is_unfit(row, found))
        return NULL;
    if (global != NULL && real_is_cxx_runtime(global))
        __atomic_store_n(&row->runtimes, global, __ATOMIC_RELEASE);
    if (global != NULL)
        __atomic_store_n(&row->global, global, __ATOMIC_RELEASE);
    return found;
}

static void *look_up(struct operator_row *row, const void *caller) {
    struct thread *t = thread_self();
    void *found;
    if (t != NULL)
        t->paused++; /* the loader allocates */
    found = find(row, caller);
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

/* What a program's new_handler does is its own affair: it may throw, end the thread, jump away. */
static int has_new_handler(const void *caller) {
    static struct operator_row row = {.name = "_ZSt15get_new_handlerv", .is_unseen = 1};
    void *(*get)(void) = (void *(*)(void))operator_of(&row, caller);
    return get == NULL || get() != NULL;
}

/* Nothing is thrown out of the real operator. It may call another one, whose turn is over. */
static void *allocate_unseen(struct operator_row *row, const void *caller, size_t size, uintptr_t a,
                             uintptr_t b) {
    operator_new *next = (operator_new *)operator_of(row, caller);
    struct thread *t = thread_self();
    void *block;
    if (next == NULL || t == NULL || t->paused != 0 || has_new_handler(caller))
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
    __attribute__((noinline)) static void *new_##symbol(size_t size, uintptr_t a, uintptr_t b, \
                                                        struct operator_row *row) {            \
        static struct operator_row unseen = {.name = #never_throws, .is_unseen = 1};           \
        const void *caller = __builtin_return_address(0);                                      \
        int on = hook_is_on();                                                                 \
        operator_new *next = (operator_new *)operator_of(row, caller);                         \
        void *block = NULL;                                                                    \
        if (on && (is_rounded))                                                                \
            block = allocate_unseen(&unseen, caller, size, __VA_ARGS__);                       \
        if (block == NULL) {                                                                   \
            block = next != NULL ? next(size, a, b) : real.malloc(size);                       \
            on = on && block != NULL && row->runtimes == NULL && !event_is_known(block);       \
        }                                                                                      \
        if (on)                                                                                \
            event_allocated(block, size, UNWIND_START_HERE());                                 \
        return block;                                                                          \
    }                                                                                          \
    HOOK void *symbol(size_t size, uintptr_t a, uintptr_t b);                                  \
    void *symbol(size_t size, uintptr_t a, uintptr_t b) {                                      \
        static struct operator_row row = {.name = #symbol};                                    \
        operator_new *next = (operator_new *)__atomic_load_n(&row.runtimes, __ATOMIC_ACQUIRE); \
        if (__builtin_expect(next != NULL, 1) && !(is_rounded))                                \
            return next(size, a, b);                                                           \
        return new_##symbol(size, a, b, &row);                                                 \
    }

#define HOOK_DELETE(symbol)                                                                       \
    __attribute__((noinline)) static void delete_##symbol(void *block, uintptr_t a, uintptr_t b,  \
                                                          struct operator_row *row) {             \
        int on = block != NULL && hook_is_on();                                                   \
        operator_delete *next = (operator_delete *)operator_of(row, __builtin_return_address(0)); \
        on = on && row->runtimes == NULL;                                                         \
        if (on)                                                                                   \
            event_delete_begin(block, UNWIND_START_HERE());                                       \
        if (next != NULL)                                                                         \
            next(block, a, b);                                                                    \
        else                                                                                      \
            real.free(block);                                                                     \
        if (on)                                                                                   \
            event_delete_end();                                                                   \
    }                                                                                             \
    HOOK void symbol(void *block, uintptr_t a, uintptr_t b);                                      \
    void symbol(void *block, uintptr_t a, uintptr_t b) {                                          \
        static struct operator_row row = {.name = #symbol};                                       \
        operator_delete *next =                                                                   \
            (operator_delete *)__atomic_load_n(&row.runtimes, __ATOMIC_ACQUIRE);                  \
        if (__builtin_expect(next != NULL, 1))                                                    \
            next(block, a, b);                                                                    \
        else                                                                                      \
            delete_##symbol(block, a, b, &row);                                                   \
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

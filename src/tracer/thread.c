#include <pthread.h>
#include <signal.h>
#include <stddef.h>

#include "base/sys.h"
#include "tracer/favour.h"
#include "tracer/ledger.h"
#include "tracer/lock.h"
#include "tracer/scope.h"
#include "tracer/store.h"
#include "tracer/thread.h"
#include "tracer/usage.h"

extern void *__libc_stack_end; /* of the loader; no header declares it */

enum { PAGE = 4096, STATES_AHEAD = 16 };
#ifdef __SANITIZE_THREAD__ /* which forgets the thread in the last round, perhaps before we do */
enum { ROUNDS_BEFORE_END = 2 };
#else
enum { ROUNDS_BEFORE_END = 3 };
#endif
enum { STATE_SIZE = (sizeof(struct thread) + PAGE - 1) / PAGE * PAGE };

__thread struct thread *thread_own;
static struct thread *list;
static struct thread *free_states; /* guarded by list_lock */
static int list_lock;
static struct thread *thread_orphan; /* shared by threads whose own state is gone */
static int orphan_lock;
static pthread_key_t key;
static int have_key;

/* In place of a state: the thread has ended, only late destructors run. Always busy, so that the
 * fast path does not take it for a state. */
static struct guard ending;
static struct thread ended = {.busy = &ending};

int path_may_grow(void) {
    return store.may_grow;
}

void path_grew(int64_t bytes) {
    usage_add((uint64_t)bytes);
}

static void add_to_list(struct thread *t) {
    struct thread *first = __atomic_load_n(&list, __ATOMIC_RELAXED);
    do
        t->next = first;
    while (!__atomic_compare_exchange_n(&list, &first, t, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

struct thread *thread_list(void) {
    return __atomic_load_n(&list, __ATOMIC_ACQUIRE);
}

static struct thread *map_state(void) {
    struct thread *t = sys_pages(STATE_SIZE);
    if (t == NULL)
        return NULL;
    if (unwind_thread_init(&t->unwind) != 0) {
        sys_munmap(t, STATE_SIZE);
        return NULL;
    }
    usage_add(STATE_SIZE);
    add_to_list(t);
    return t;
}

static struct thread *take_state(void) {
    struct thread *t;
    lock_spin(&list_lock);
    t = free_states;
    if (t != NULL)
        free_states = t->next_free;
    lock_unspin(&list_lock);
    if (t == NULL && (store.may_grow || store.base == NULL))
        t = map_state();
    return t;
}

static void give_state(struct thread *t) {
    lock_spin(&list_lock);
    t->next_free = free_states;
    free_states = t;
    lock_unspin(&list_lock);
}

/* The event in progress will never go on. */
static void abandon(struct thread *t) {
    if (lock_is_held_by(t)) {
        ledger_recover();
        lock_release();
    }
    __atomic_store_n(&t->in_ledger, 0, __ATOMIC_RELEASE);
    favour_leave(t);
    unwind_thread_forget(&t->unwind);
    t->busy = NULL;
}

static void end_scopes(struct thread *t) {
    struct guard guard;
    if (!scope_is_any_open())
        return;
    thread_begin(t, &guard);
    scope_disown(t);
    thread_leave(t);
}

/* Runs in every round of thread-specific destructors; only in the last is the state given back, so
 * that what the others free is still recorded as this thread's. There may be an event in progress:
 * programs call pthread_exit in signal handlers. */
static void at_thread_end(void *argument) {
    struct thread *t = argument;
    if (t->busy != NULL)
        abandon(t);
    if (t->exit_rounds++ < ROUNDS_BEFORE_END && pthread_setspecific(key, t) == 0)
        return;
    end_scopes(t);
    thread_own = &ended;
    give_state(t);
}

void thread_init(void) {
    have_key = pthread_key_create(&key, at_thread_end) == 0;
    thread_orphan = map_state();
    if (thread_orphan != NULL)
        thread_orphan->is_orphan = 1;
}

void thread_make_ahead(void) {
    for (int i = 0; i < STATES_AHEAD; i++) {
        struct thread *t = map_state();
        if (t == NULL)
            return;
        give_state(t);
    }
}

static void clear_state(struct thread *t) {
    t->busy = NULL;
    t->last_block = t->deleting = NULL;
    t->paused = t->allocating = 0;
    t->deferred_count = 0;
    t->exit_rounds = 0;
    unwind_thread_reset(&t->unwind);
}

static struct thread *make_self(void) {
    struct thread *t = take_state();
    if (t == NULL)
        return NULL;
    clear_state(t);
    thread_own = t;
    if (store.header != NULL)
        store_count(&store.header->threads);
    t->paused = 1; /* setting a thread-specific value may allocate */
    if (have_key)
        pthread_setspecific(key, t);
    t->paused = 0;
    return t;
}

struct thread *thread_self(void) {
    struct thread *t = thread_own;
    if (__builtin_expect(t == NULL, 0))
        t = make_self();
    return t == &ended ? NULL : t;
}

struct thread *thread_peek(void) {
    return thread_own == &ended ? NULL : thread_own;
}

static int on_signal_stack(void) {
    stack_t s;
    return sys_failed(sys_call(SYS_sigaltstack, 0, (long)&s, 0, 0, 0, 0)) ||
           (s.ss_flags & SS_ONSTACK) != 0;
}

/* Was the event in progress left by longjmp out of a signal handler? Its frame has then been
 * unmapped or overwritten, or at least the same stack is back above it. A handler may also have
 * interrupted libunwind, which runs on another stack, wherever that lies. */
static int was_abandoned(const struct thread *t, const struct guard *guard) {
    enum { SAME_STACK = 8 << 20 };
    if (!store.may_grow)
        return t->busy->number != t->number;
    if (!sys_is_readable(t->busy) || t->busy->number != t->number)
        return 1;
    return guard >= t->busy && (uintptr_t)guard - (uintptr_t)t->busy < SAME_STACK &&
           !unwind_is_on_private_stack(&t->unwind, (uintptr_t)guard) && !on_signal_stack();
}

static struct thread *enter_orphan(struct guard *guard) {
    if (thread_orphan == NULL)
        return NULL;
    lock_spin(&orphan_lock);
    clear_state(thread_orphan);
    thread_begin(thread_orphan, guard);
    return thread_orphan;
}

struct thread *thread_enter_slowly(struct guard *guard) {
    struct thread *t = thread_self();
    if (t == NULL)
        return thread_own == &ended ? enter_orphan(guard) : NULL;
    if (t->paused != 0)
        return NULL;
    if (t->busy != NULL) {
        if (!was_abandoned(t, guard))
            return NULL;
        abandon(t);
    }
    thread_begin(t, guard);
    return t;
}

struct thread *thread_enter_anyway_slowly(struct guard *guard) {
    struct thread *t = thread_enter(guard);
    if (t != NULL)
        return t;
    t = thread_peek();
    if (t == NULL || t->paused == 0 || t->busy != NULL)
        return NULL;
    thread_begin(t, guard);
    return t;
}

void thread_leave_orphan(void) {
    lock_unspin(&orphan_lock);
}

int thread_defer(struct thread *t, uint32_t site, uint64_t size, int is_free) {
    uint32_t at = t->deferred_count;
    if (at == THREAD_DEFERRED_MAX)
        return -1;
    t->deferred[at] = (struct deferred){size, site, (uint32_t)is_free};
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    t->deferred_count = at + 1;
    return 0;
}

void thread_reset_after_fork(void) {
    list_lock = orphan_lock = 0;
    for (struct thread *t = list; t != NULL; t = t->next)
        t->in_ledger = t->is_inside = 0;
}

/* The main thread's: it grows down from __libc_stack_end. */
static int main_stack_bounds(uintptr_t *low, uintptr_t *high) {
    enum { NOTHING_ELSE_BELOW = 128 << 20 }; /* the least gap that the kernel leaves there */
    *high = (uintptr_t)__libc_stack_end;
    *low = *high - NOTHING_ELSE_BELOW;
    return *high != 0 ? 0 : -1;
}

int unwind_stack_bounds(uintptr_t *low, uintptr_t *high) {
    pthread_attr_t attributes;
    struct thread *t = thread_peek();
    void *at = NULL;
    size_t size = 0;
    int r = -1;
    if (!store.may_grow)
        return -1;
    if (sys_getpid() == sys_call(SYS_gettid, 0, 0, 0, 0, 0, 0))
        return main_stack_bounds(low, high);
    if (t == NULL)
        return -1;
    t->paused++; /* it allocates */
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        r = pthread_attr_getstack(&attributes, &at, &size);
        pthread_attr_destroy(&attributes);
    }
    t->paused--;
    *low = (uintptr_t)at;
    *high = (uintptr_t)at + size;
    return r == 0 ? 0 : -1;
}

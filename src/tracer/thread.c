#include <pthread.h>
#include <signal.h>
#include <stddef.h>

#include "base/sys.h"
#include "tracer/lock.h"
#include "tracer/store.h"
#include "tracer/thread.h"
#include "tracer/usage.h"

enum { STATE_SIZE = 4096, ROUNDS_BEFORE_END = 3, STATES_AHEAD = 16 };
_Static_assert(sizeof(struct thread) <= STATE_SIZE, "the state fits its page");

static __thread struct thread *self __attribute__((tls_model("initial-exec")));
static struct thread *free_states; /* guarded by list_lock */
static int list_lock;
static uint32_t states;       /* ever made */
static struct thread *orphan; /* shared by threads whose own state is gone */
static int orphan_lock;
static pthread_key_t key;
static int have_key;

/* In place of a state: the thread has ended, only late destructors run. */
static struct thread ended;

static void spin_lock(int *word) {
    while (__atomic_exchange_n(word, 1, __ATOMIC_ACQUIRE))
        if (!lock_never_yields)
            sys_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
}

static void spin_unlock(int *word) {
    __atomic_store_n(word, 0, __ATOMIC_RELEASE);
}

int path_may_grow(void) {
    return store.may_grow;
}

void path_grew(uint64_t bytes) {
    usage_add(bytes);
}

static struct thread *map_state(void) {
    struct thread *t = sys_pages(STATE_SIZE);
    if (t == NULL)
        return NULL;
    if (path_init(&t->path) != 0) {
        sys_munmap(t, STATE_SIZE);
        return NULL;
    }
    usage_add(STATE_SIZE);
    t->tag = __atomic_add_fetch(&states, 1, __ATOMIC_RELAXED);
    if (t->tag > THREAD_TAG_MAX)
        t->tag = 0;
    return t;
}

static struct thread *take_state(void) {
    struct thread *t;
    spin_lock(&list_lock);
    t = free_states;
    if (t != NULL)
        free_states = t->next_free;
    spin_unlock(&list_lock);
    if (t == NULL && (store.may_grow || store.base == NULL))
        t = map_state();
    return t;
}

static void give_state(struct thread *t) {
    spin_lock(&list_lock);
    t->next_free = free_states;
    free_states = t;
    spin_unlock(&list_lock);
}

/* Runs in every round of thread-specific destructors; only in the last is the state given back, so
 * that what the others free is still recorded as this thread's. */
static void at_thread_end(void *argument) {
    struct thread *t = argument;
    if (t->exit_rounds++ < ROUNDS_BEFORE_END && pthread_setspecific(key, t) == 0)
        return;
    self = &ended;
    give_state(t);
}

void thread_init(void) {
    have_key = pthread_key_create(&key, at_thread_end) == 0;
    orphan = map_state();
}

void thread_make_ahead(void) {
    for (int i = 0; i < STATES_AHEAD; i++) {
        struct thread *t = map_state();
        if (t != NULL)
            give_state(t);
    }
}

static void clear_state(struct thread *t) {
    t->busy = NULL;
    t->last_block = t->deleting = NULL;
    t->paused = 0;
    t->deferred_count = 0;
    t->exit_rounds = 0;
    t->path.count = 0;
    t->unwind.stack_low = t->unwind.stack_high = 0;
}

static struct thread *make_self(void) {
    struct thread *t = take_state();
    if (t == NULL)
        return NULL;
    clear_state(t);
    self = t;
    if (store.header != NULL)
        store_count(&store.header->threads);
    t->paused = 1; /* setting a thread-specific value may allocate */
    if (have_key)
        pthread_setspecific(key, t);
    t->paused = 0;
    return t;
}

struct thread *thread_self(void) {
    struct thread *t = self;
    if (__builtin_expect(t == NULL, 0))
        t = make_self();
    return t == &ended ? NULL : t;
}

struct thread *thread_peek(void) {
    return self == &ended ? NULL : self;
}

static int on_signal_stack(void) {
    stack_t s;
    return sys_failed(sys_call(SYS_sigaltstack, 0, (long)&s, 0, 0, 0, 0)) ||
           (s.ss_flags & SS_ONSTACK) != 0;
}

/* The kernel reads the set before it refuses the operation: nothing changes. */
static int is_readable(const void *at) {
    enum { NO_OPERATION = -1, EFAULT_RESULT = -14 };
    return sys_call(SYS_rt_sigprocmask, NO_OPERATION, (long)at, 0, 8, 0, 0) != EFAULT_RESULT;
}

/* Was the event in progress left by longjmp out of a signal handler? Its frame has then been
 * unmapped or overwritten, or at least the same stack is back above it. */
static int was_abandoned(const struct thread *t, const struct guard *guard) {
    enum { SAME_STACK = 8 << 20 };
    if (!store.may_grow)
        return t->busy->number != t->number;
    if (!is_readable(t->busy) || t->busy->number != t->number)
        return 1;
    return guard > t->busy && (uintptr_t)guard - (uintptr_t)t->busy < SAME_STACK &&
           !on_signal_stack();
}

static void begin(struct thread *t, struct guard *guard) {
    guard->number = ++t->number;
    t->busy = guard;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static struct thread *enter_orphan(struct guard *guard) {
    if (orphan == NULL)
        return NULL;
    spin_lock(&orphan_lock);
    clear_state(orphan);
    begin(orphan, guard);
    return orphan;
}

struct thread *thread_enter(struct guard *guard) {
    struct thread *t = thread_self();
    if (t == NULL)
        return self == &ended ? enter_orphan(guard) : NULL;
    if (__builtin_expect(t->busy != NULL, 0)) {
        if (!was_abandoned(t, guard))
            return NULL;
        lock_recover(t);
        t->path.count = 0; /* it may have been half written */
    }
    begin(t, guard);
    return t;
}

void thread_leave(struct thread *t) {
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    t->busy = NULL;
    if (__builtin_expect(t == orphan, 0))
        spin_unlock(&orphan_lock);
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
}

int unwind_stack_bounds(uintptr_t *low, uintptr_t *high) {
    pthread_attr_t attributes;
    struct thread *t = thread_peek();
    void *at = NULL;
    size_t size = 0;
    int r = -1;
    if (t == NULL || !store.may_grow)
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

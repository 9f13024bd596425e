/* Per-thread state of the tracer: the guard, the call path of its last event, and what
 * an interrupted event left to do. Lives in a private mapping; the thread-local variable is one
 * initial-exec pointer, so small thread stacks and late threads cost nothing. */
#ifndef TRACER_THREAD_H
#define TRACER_THREAD_H

#include <stdint.h>
#include "unwind/unwind.h"

enum { THREAD_DEFERRED_MAX = 64 };

/* Counter updates that a signal handler could not make, because it interrupted an event. */
struct deferred {
    uint64_t size;
    uint32_t site;
    uint32_t is_free;
};

/* Lies in the stack frame of the event that is being recorded. While its number is intact the event
 * may still go on; once the frame has been overwritten, it never will. */
struct guard {
    uint64_t number;
};

struct thread {
    struct guard *busy;     /* of the event that is being recorded; NULL: none */
    uint64_t number;        /* of the last event */
    const void *last_block; /* what this thread allocated last, if it has not been freed */
    const void *deleting;   /* the block that an operator delete in progress has counted already */
    uint64_t paused;        /* its allocations are the tracer's own affair */
    uint64_t allocating;    /* calls in progress of an allocator that may call itself */
    union {
        uint64_t ending; /* not 0: there is more to do at the end of an event */
        struct {
            uint32_t deferred_count;
            uint32_t is_orphan; /* shared by threads whose own state is gone */
        };
    };
    uint32_t last_site; /* of last_block */
    uint32_t exit_rounds;
    /* what it has counted by itself (ledger.h) */
    struct arena_ledger *ledger;        /* NULL: there was no room for one */
    uint64_t granted;                   /* bytes that it may allocate before the next peak */
    uint64_t deltas[ARENA_DELTAS / 64]; /* those of its ledger that may be in use */
    uint32_t in_ledger;
    uint32_t is_inside;  /* as the favourite (favour.h) */
    struct thread *next; /* of all ever made */
    struct thread *next_free;
    struct unwind_thread unwind;
    struct deferred deferred[THREAD_DEFERRED_MAX];
};
extern __thread struct thread *thread_own
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* Registers the destructor that takes a thread's state back. Once, at start-up. */
void thread_init(void);
/* The calling thread's state, made on first use; NULL: no memory, or the thread has ended and only
 * its last destructors run. */
struct thread *thread_self(void);
/* The same without making one. */
struct thread *thread_peek(void);

/* Begins an event whose guard lies in the caller's frame; NULL when the thread is already inside
 * one (a signal handler interrupted it), or paused. An event that longjmp abandoned is ended first.
 * Threads that have ended share one state. */
static inline struct thread *thread_enter(struct guard *guard);
static inline void thread_leave(struct thread *t);
/* The same for what a paused thread does too: NULL only inside an event. */
static inline struct thread *thread_enter_anyway(struct guard *guard);
/* What they do when the thread has no state yet or not any more, or is inside an event. */
struct thread *thread_enter_slowly(struct guard *guard);
struct thread *thread_enter_anyway_slowly(struct guard *guard);
void thread_leave_orphan(void);

/* Leaves a counter update for the event that was interrupted; 0, or -1 when there is no room. */
int thread_defer(struct thread *t, uint32_t site, uint64_t size, int is_free);

/* All states ever made; more may be added meanwhile. */
struct thread *thread_list(void);

/* Keeps states for threads that begin after mappings have ended. */
void thread_make_ahead(void);

/* In a forked child: only the calling thread exists. */
void thread_reset_after_fork(void);

static inline void thread_begin(struct thread *t, struct guard *guard) {
    guard->number = ++t->number;
    t->busy = guard;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* NULL: there is more to it. */
static inline struct thread *thread_enter_at_once(struct guard *guard) {
    struct thread *t = thread_own;
    if (__builtin_expect(t == NULL || ((uintptr_t)t->busy | t->paused) != 0, 0))
        return NULL;
    thread_begin(t, guard);
    return t;
}

static inline struct thread *thread_enter(struct guard *guard) {
    struct thread *t = thread_enter_at_once(guard);
    return t != NULL ? t : thread_enter_slowly(guard);
}

static inline struct thread *thread_enter_anyway(struct guard *guard) {
    struct thread *t = thread_enter_at_once(guard);
    return t != NULL ? t : thread_enter_anyway_slowly(guard);
}

static inline void thread_end(struct thread *t) {
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    t->busy = NULL;
}

static inline void thread_leave(struct thread *t) {
    int is_orphan = t->is_orphan != 0;
    thread_end(t);
    if (is_orphan)
        thread_leave_orphan();
}

#endif

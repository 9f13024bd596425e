/* Per-thread state of the tracer: the guard, the call path of its last event, and what
 * an interrupted event left to do. Lives in a private mapping; the thread-local variable is one
 * initial-exec pointer, so small thread stacks and late threads cost nothing. */
#ifndef TRACER_THREAD_H
#define TRACER_THREAD_H

#include <stdint.h>
#include "unwind/unwind.h"

enum { THREAD_DEFERRED_MAX = 64, THREAD_TAG_MAX = 254 };

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
    uint32_t paused;        /* its allocations are the tracer's own affair */
    uint32_t deferred_count;
    struct path path;
    struct unwind_thread unwind;
    struct thread *next_free;
    uint32_t exit_rounds;
    uint32_t tag; /* 1 .. 254, of no other thread at the time; 0: there were too many */
    struct deferred deferred[THREAD_DEFERRED_MAX];
};

/* Registers the destructor that takes a thread's state back. Once, at start-up. */
void thread_init(void);
/* The calling thread's state, made on first use; NULL: no memory, or the thread has ended and only
 * its last destructors run. */
struct thread *thread_self(void);
/* The same without making one. */
struct thread *thread_peek(void);

/* Begins an event whose guard lies in the caller's frame; NULL when the thread is already inside
 * one (a signal handler interrupted it). An event that longjmp abandoned is ended first. Threads
 * that have ended share one state. */
struct thread *thread_enter(struct guard *guard);
void thread_leave(struct thread *t);

/* Leaves a counter update for the event that was interrupted; 0, or -1 when there is no room. */
int thread_defer(struct thread *t, uint32_t site, uint64_t size, int is_free);

/* Keeps states for threads that begin after mappings have ended. */
void thread_make_ahead(void);

/* In a forked child: only the calling thread exists. */
void thread_reset_after_fork(void);

#endif

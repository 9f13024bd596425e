/* Where one thread alone has taken the lock many times in a row, it need not any more: it says by a
 * plain store that it is inside, and looks whether it is still the favourite. Who takes the lock
 * ends that first: a barrier on all threads makes the one's store visible, or the other's
 * (barrier.h). While there is a favourite, the ledgers are closed (ledger.h), and nobody else
 * changes the counters. */
#ifndef TRACER_FAVOUR_H
#define TRACER_FAVOUR_H

#include <stddef.h>
#include <stdint.h>

#include "tracer/thread.h"

extern struct thread *favourite __attribute__((visibility("hidden")));

/* 1: the lock's data are this thread's until it leaves. Not while it holds the lock. */
static inline int favour_enter(struct thread *t) {
    if (__atomic_load_n(&favourite, __ATOMIC_RELAXED) != t)
        return 0;
    __atomic_store_n(&t->is_inside, 1, __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (__builtin_expect(__atomic_load_n(&favourite, __ATOMIC_ACQUIRE) == t, 1))
        return 1;
    __atomic_store_n(&t->is_inside, 0, __ATOMIC_RELEASE);
    return 0;
}

static inline void favour_leave(struct thread *t) {
    __atomic_store_n(&t->is_inside, 0, __ATOMIC_RELEASE);
}

/* All of these with the lock. */
/* Is this thread to be the favourite? It has taken the lock once more, to count an event; while the
 * ledgers are open, few need to. */
int favour_is_due(struct thread *t, int is_open);
void favour_give(struct thread *t);
static inline int favour_is_given(void) {
    return favourite != NULL;
}
/* `owner`, who is not inside, has taken the lock: nobody else is the favourite from now on. 0: who
 * was is still inside; to be asked again. */
int favour_dismiss(const struct thread *owner);
/* Has a signal handler come in between? Also without the lock. */
static inline int favour_is_inside(const struct thread *t) {
    return t != NULL && __atomic_load_n(&t->is_inside, __ATOMIC_RELAXED);
}

/* In a forked child, or when all barriers are to end: nobody is the favourite. */
void favour_end(void);

#endif

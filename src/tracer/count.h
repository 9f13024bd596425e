/* Counting an event of a thread: without the lock while the process has one thread, in the thread's
 * ledger otherwise. Within an event only (thread.h). */
#ifndef TRACER_COUNT_H
#define TRACER_COUNT_H

#include <stdint.h>
#include <sys/single_threaded.h>

#include "tracer/counters.h"
#include "tracer/ledger.h"
#include "tracer/store.h"
#include "tracer/thread.h"

/* May the counters be changed without the lock? */
static inline int count_is_alone(void) {
    return __builtin_expect(
               __libc_single_threaded && !__atomic_load_n(&ledger_open, __ATOMIC_RELAXED), 1) != 0;
}

static inline void count_not_seen(void) {
    store_count(&store.header->not_seen_events);
}

/* 0 when it cannot be counted. */
static inline int count_allocated(struct thread *t, uint32_t site, uint64_t size) {
    if (!count_is_alone())
        return ledger_allocated(t, site, size);
    counters_allocated(site, size);
    return 1;
}

static inline void count_freed(struct thread *t, uint32_t site, uint64_t size, int temporary) {
    if (count_is_alone())
        counters_freed(site, size, temporary);
    else if (!ledger_freed(t, site, size, temporary))
        store_count(&store.header->missed_frees);
}

/* A block has changed its size by so many bytes. */
void count_resized(struct thread *t, uint32_t site, int64_t bytes);

/* Counts what signal handlers left while they interrupted this thread's events, and ends the event.
 */
void count_end_slowly(struct thread *t);

/* Ends the event. */
static inline void count_end(struct thread *t) {
    if (__builtin_expect(t->ending != 0, 0))
        count_end_slowly(t);
    else
        thread_end(t);
}

#endif

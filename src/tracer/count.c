#include "tracer/count.h"

static int grow(struct thread *t, uint32_t site, uint64_t bytes) {
    if (!count_is_alone())
        return ledger_grown(t, site, bytes);
    counters_grown(site, bytes, 0);
    return 1;
}

static int shrink(struct thread *t, uint32_t site, uint64_t bytes) {
    if (!count_is_alone())
        return ledger_shrunk(t, site, bytes);
    counters_shrunk(site, bytes, 0);
    return 1;
}

void count_resized(struct thread *t, uint32_t site, int64_t bytes) {
    uint64_t size = bytes < 0 ? -(uint64_t)bytes : (uint64_t)bytes;
    if (!(bytes < 0 ? shrink : grow)(t, site, size))
        count_not_seen();
}

static void count_deferred(struct thread *t) {
    uint32_t done = 0, count;
    do {
        count = t->deferred_count;
        for (; done < count; done++) {
            const struct deferred *d = &t->deferred[done];
            if (d->is_free)
                count_freed(t, d->site, d->size, 0);
            else if (!count_allocated(t, d->site, d->size))
                count_not_seen();
        }
    } while (!__atomic_compare_exchange_n(&t->deferred_count, &count, 0, 0, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
}

void count_end_slowly(struct thread *t) {
    if (t->deferred_count != 0)
        count_deferred(t);
    thread_leave(t);
}

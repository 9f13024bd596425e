/* Exact totals, the global peak, and what the peak was made of.
 *
 * The header's `epoch` counts the peaks that have ended. While live bytes stand at their maximum
 * (`at_peak`), every site's at-peak value simply is its current one. The first change of a site
 * after a peak has ended first saves the site's current value: nothing else ever needs to be
 * copied. Of equal maxima the first counts. All calls need the lock, or one thread. */
#ifndef TRACER_COUNTERS_H
#define TRACER_COUNTERS_H

#include <stdint.h>
#include "tracer/store.h"

/* A copy of all counters for the child of a fork that is about to happen. The first costs a copy of
 * everything, later ones of what has changed since. It stays until counters_forget_copy, shared
 * with the child by copy on write. NULL: no memory. */
const struct arena_stat *counters_copy(void);
void counters_forget_copy(void);
/* The copy: one bit for each site of it that has changed since it was made. */
struct counters_copied {
    struct arena_stat *stats;
    uint64_t *changed;
    uint64_t used, capacity; /* sites */
};
extern struct counters_copied counters_copied __attribute__((visibility("hidden")));

/* Traces are cleared: nothing was counted, and nothing is live. The sites' own counters are others
 * from now on. */
void counters_forget(void);
/* The present is the peak. */
void counters_reset_peak(void);
/* Back to nothing: in a forked child without a prepared copy only what is live is known. */
void counters_restart(void);

static inline void counters_note_change(uint32_t site) {
    if (__builtin_expect(site < counters_copied.used, 0))
        counters_copied.changed[site / 64] |= UINT64_C(1) << site % 64;
}

static inline void counters_end_peak(struct arena_header *h) {
    if (__builtin_expect(h->at_peak != 0, 0)) {
        h->epoch++;
        h->at_peak = 0;
    }
}

static inline void counters_save_peak(const struct arena_header *h, struct arena_stat *s) {
    if (__builtin_expect(s->epoch != h->epoch, 0)) {
        s->peak_bytes = s->current_bytes;
        s->peak_count = s->current_count;
        s->epoch = h->epoch;
    }
}

/* A site has so many bytes more, in so many more blocks: one, or none when one has become larger.
 */
static inline void counters_grown(uint32_t site, uint64_t bytes, unsigned blocks) {
    struct arena_header *h = store.header;
    struct arena_stat *s = &store.stats[site];
    uint64_t current = h->current_bytes + bytes;
    counters_note_change(site);
    if (current > h->peak_bytes) {
        h->peak_bytes = current;
        h->at_peak = 1;
    } else { /* an equal maximum: the first one stays */
        counters_end_peak(h);
        counters_save_peak(h, s);
    }
    h->current_bytes = current;
    s->current_bytes += bytes;
    s->current_count += blocks;
    s->total_bytes += bytes;
    s->total_count += blocks;
    h->allocations += blocks;
}

/* The same for less; a block that is gone is not counted as freed yet. */
static inline void counters_shrunk(uint32_t site, uint64_t bytes, unsigned blocks) {
    struct arena_header *h = store.header;
    struct arena_stat *s = &store.stats[site];
    counters_note_change(site);
    counters_end_peak(h);
    counters_save_peak(h, s);
    s->current_bytes -= bytes;
    s->current_count -= blocks;
    h->current_bytes -= bytes;
}

static inline void counters_allocated(uint32_t site, uint64_t size) {
    counters_grown(site, size, 1);
}

static inline void counters_freed(uint32_t site, uint64_t size, int temporary) {
    counters_shrunk(site, size, 1);
    store.stats[site].temporary += (uint64_t)temporary;
    store.header->frees++;
}

/* Another block took the place of one whose free was not seen. */
static inline void counters_lost(uint32_t site, uint64_t size) {
    counters_shrunk(site, size, 1);
    store.header->missed_frees++;
}

#endif

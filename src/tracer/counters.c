#include <string.h>

#include "base/sys.h"
#include "tracer/counters.h"
#include "tracer/store.h"

struct counters_copied counters_copied;
enum { COPY_ROUNDING = 4096 };

static uint64_t changed_size(uint64_t capacity) {
    return capacity / 8;
}

void counters_forget_copy(void) {
    if (counters_copied.stats != NULL) {
        sys_munmap(counters_copied.stats, counters_copied.capacity * sizeof *counters_copied.stats);
        sys_munmap(counters_copied.changed, changed_size(counters_copied.capacity));
    }
    memset(&counters_copied, 0, sizeof counters_copied);
}

static int make_copy(uint64_t sites) {
    counters_forget_copy();
    counters_copied.capacity = (sites + sites / 4) / COPY_ROUNDING * COPY_ROUNDING + COPY_ROUNDING;
    counters_copied.stats = sys_pages(counters_copied.capacity * sizeof *counters_copied.stats);
    counters_copied.changed = sys_pages(changed_size(counters_copied.capacity));
    if (counters_copied.stats != NULL && counters_copied.changed != NULL)
        return 0;
    if (counters_copied.stats != NULL)
        sys_munmap(counters_copied.stats, counters_copied.capacity * sizeof *counters_copied.stats);
    memset(&counters_copied, 0, sizeof counters_copied);
    return -1;
}

static void copy_changed(void) {
    for (uint64_t i = 0; i < (counters_copied.used + 63) / 64; i++) {
        for (uint64_t bits = counters_copied.changed[i]; bits != 0; bits &= bits - 1) {
            uint64_t site = i * 64 + (uint64_t)__builtin_ctzll(bits);
            counters_copied.stats[site] = store.stats[site];
        }
        counters_copied.changed[i] = 0;
    }
}

const struct arena_stat *counters_copy(void) {
    uint64_t sites = store.header->segment[ARENA_STATS].used;
    if (sites > counters_copied.capacity && make_copy(sites) != 0)
        return NULL;
    if (counters_copied.used < store.header->segment[ARENA_STATS].first)
        counters_copied.used = store.header->segment[ARENA_STATS].first;
    copy_changed();
    memcpy(counters_copied.stats + counters_copied.used, store.stats + counters_copied.used,
           (sites - counters_copied.used) * sizeof *counters_copied.stats);
    counters_copied.used = sites;
    return counters_copied.stats;
}

void counters_forget(void) {
    struct arena_header *h = store.header;
    counters_forget_copy();
    h->current_bytes = h->peak_bytes = 0;
    h->epoch = 0;
    h->at_peak = 1;
    h->allocations = h->frees = h->failed = 0;
    h->not_seen_events = h->truncated_stacks = h->guessed_frames = 0;
    h->foreign_frees = h->missed_frees = 0;
}

void counters_reset_peak(void) {
    struct arena_header *h = store.header;
    h->peak_bytes = h->current_bytes;
    h->at_peak = 1;
}

void counters_restart(void) {
    const struct arena_extent *stats = &store.header->segment[ARENA_STATS];
    memset(store.stats + stats->first, 0, (stats->used - stats->first) * sizeof *store.stats);
    counters_forget();
}

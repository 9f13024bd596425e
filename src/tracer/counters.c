#include <string.h>

#include "tracer/counters.h"
#include "tracer/store.h"

static void end_peak(struct arena_header *h) {
    if (h->at_peak) {
        h->epoch++;
        h->at_peak = 0;
    }
}

static void save_peak(const struct arena_header *h, struct arena_stat *s) {
    if (s->epoch != h->epoch) {
        s->peak_bytes = s->current_bytes;
        s->peak_count = s->current_count;
        s->epoch = h->epoch;
    }
}

static void add_current(struct arena_header *h, struct arena_stat *s, uint64_t size) {
    if (size == 0)
        end_peak(h); /* an equal maximum: the first one stays */
    if (!h->at_peak)
        save_peak(h, s);
    s->current_bytes += size;
    s->current_count++;
    h->current_bytes += size;
    h->current_count++;
    if (h->current_bytes > h->peak_bytes) {
        h->peak_bytes = h->current_bytes;
        h->peak_count = h->current_count;
        h->at_peak = 1;
    }
}

static void remove_current(struct arena_header *h, struct arena_stat *s, uint64_t size) {
    end_peak(h);
    save_peak(h, s);
    s->current_bytes -= size;
    s->current_count--;
    h->current_bytes -= size;
    h->current_count--;
}

void counters_allocated(uint32_t site, uint64_t size) {
    struct arena_stat *s = &store.stats[site];
    add_current(store.header, s, size);
    s->total_bytes += size;
    s->total_count++;
    store.header->events++;
}

void counters_freed(uint32_t site, uint64_t size, int temporary) {
    struct arena_stat *s = &store.stats[site];
    remove_current(store.header, s, size);
    s->temporary += (uint64_t)temporary;
    store.header->frees++;
    store.header->events++;
}

void counters_lost(uint32_t site, uint64_t size) {
    remove_current(store.header, &store.stats[site], size);
    store.header->missed_frees++;
}

void counters_restart(void) {
    struct arena_header *h = store.header;
    memset(store.stats, 0, h->segment[ARENA_STATS].used * sizeof *store.stats);
    h->current_bytes = h->current_count = h->peak_bytes = h->peak_count = 0;
    h->epoch = 0;
    h->at_peak = 1;
    h->frees = h->failed = h->events = 0;
}

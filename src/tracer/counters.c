#include <string.h>

#include "base/sys.h"
#include "tracer/counters.h"
#include "tracer/store.h"

/* The copy, and one bit for each site of it that has changed since it was made. */
static struct {
    struct arena_stat *stats;
    uint64_t *changed;
    uint64_t used, capacity; /* sites */
} copy;
enum { COPY_ROUNDING = 4096 };

static inline void note_change(uint32_t site) {
    if (__builtin_expect(site < copy.used, 0))
        copy.changed[site / 64] |= UINT64_C(1) << site % 64;
}

static uint64_t changed_size(uint64_t capacity) {
    return capacity / 8;
}

void counters_forget_copy(void) {
    if (copy.stats != NULL) {
        sys_munmap(copy.stats, copy.capacity * sizeof *copy.stats);
        sys_munmap(copy.changed, changed_size(copy.capacity));
    }
    memset(&copy, 0, sizeof copy);
}

static int make_copy(uint64_t sites) {
    counters_forget_copy();
    copy.capacity = (sites + sites / 4) / COPY_ROUNDING * COPY_ROUNDING + COPY_ROUNDING;
    copy.stats = sys_pages(copy.capacity * sizeof *copy.stats);
    copy.changed = sys_pages(changed_size(copy.capacity));
    if (copy.stats != NULL && copy.changed != NULL)
        return 0;
    if (copy.stats != NULL)
        sys_munmap(copy.stats, copy.capacity * sizeof *copy.stats);
    memset(&copy, 0, sizeof copy);
    return -1;
}

static void copy_changed(void) {
    for (uint64_t i = 0; i < (copy.used + 63) / 64; i++) {
        for (uint64_t bits = copy.changed[i]; bits != 0; bits &= bits - 1) {
            uint64_t site = i * 64 + (uint64_t)__builtin_ctzll(bits);
            copy.stats[site] = store.stats[site];
        }
        copy.changed[i] = 0;
    }
}

const struct arena_stat *counters_copy(void) {
    uint64_t sites = store.header->segment[ARENA_STATS].used;
    if (sites > copy.capacity && make_copy(sites) != 0)
        return NULL;
    copy_changed();
    memcpy(copy.stats + copy.used, store.stats + copy.used,
           (sites - copy.used) * sizeof *copy.stats);
    copy.used = sites;
    return copy.stats;
}

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
    note_change(site);
    add_current(store.header, s, size);
    s->total_bytes += size;
    s->total_count++;
    store.header->events++;
}

void counters_freed(uint32_t site, uint64_t size, int temporary) {
    struct arena_stat *s = &store.stats[site];
    note_change(site);
    remove_current(store.header, s, size);
    s->temporary += (uint64_t)temporary;
    store.header->frees++;
    store.header->events++;
}

void counters_lost(uint32_t site, uint64_t size) {
    note_change(site);
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

/* Scratch of a collection: how many references to an object have been found, without touching the
 * object. One byte for each, so the counts of a whole heap fit into the caches; those that do not
 * fit into a byte go on in a table. All zero between collections. For objects in the cyclic half
 * only. One runtime at a time for each object, so nothing is locked. */
#ifndef GC_SCRATCH_H
#define GC_SCRATCH_H

#include <stddef.h>
#include <stdint.h>
#include "gc/reserve.h"

enum { SCRATCH_FULL = 254, SCRATCH_REACHED = 255 };

/* Counts that have outgrown their byte. */
struct scratch_table {
    struct scratch_entry {
        const void *object;
        uint64_t count;
    } * entries;
    size_t used, capacity; /* a power of two */
    int failed;            /* no memory: the counts are of no use */
};

/* `scratch` is gc_reserve's, for loops that keep it in a register. */
static inline uint8_t *scratch_at(uintptr_t scratch, const void *object) {
    return (uint8_t *)(scratch + ((uintptr_t)object >> RESERVE_GRANULE_SHIFT));
}

static inline uint8_t *scratch_of(const void *object) {
    return scratch_at(gc_reserve.scratch, object);
}

void scratch_count_more(struct scratch_table *t, const void *object);
uint64_t scratch_get_more(const struct scratch_table *t, const void *object);
void scratch_fini(struct scratch_table *t);

static inline void scratch_count(struct scratch_table *t, const void *object) {
    uint8_t *byte = scratch_of(object);
    if (__builtin_expect(*byte < SCRATCH_FULL, 1))
        ++*byte;
    else
        scratch_count_more(t, object);
}

static inline uint64_t scratch_get_at(uintptr_t scratch, const struct scratch_table *t,
                                      const void *object) {
    uint8_t byte = *scratch_at(scratch, object);
    return __builtin_expect(byte < SCRATCH_FULL, 1) ? byte : scratch_get_more(t, object);
}

static inline uint64_t scratch_get(const struct scratch_table *t, const void *object) {
    return scratch_get_at(gc_reserve.scratch, t, object);
}

#endif

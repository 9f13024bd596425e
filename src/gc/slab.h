/* Slabs: 64 KiB of slots of one size and one use, found from any slot by masking its address. The
 * header leads to the runtime, so nothing needs thread-local state. What is too large for a slab
 * gets a run of whole units with a header of its own.
 *
 * A free slot keeps, in the flags of its head, which lists still name it (object.h): those entries
 * are stale until the slot is used again, and a slab with such slots is not given to another use.
 * Slots of cyclic slabs come from the first half of the reservation, so they have scratch.
 *
 * Belongs to one runtime; the caller owns what it has taken until it gives it back. */
#ifndef GC_SLAB_H
#define GC_SLAB_H

#include <stddef.h>
#include <stdint.h>
#include "gc/reserve.h"
#include "gc/vector.h"

enum { SLAB_SHIFT = 16, SLAB_SIZE = 1 << SLAB_SHIFT, SLAB_HEADER = 64 };
enum { SLAB_SLOT_MAX = 8192, SLAB_CLASSES = 36, SLAB_UNITS = RESERVE_CHUNK / SLAB_SIZE };

/* CYCLIC: objects that the collector may look at. PLAIN: others, whose death is that of their slot,
 * so that nothing else need be known of them. LEAF: others still. STORAGE: parts of objects. */
enum slab_use { SLAB_CYCLIC, SLAB_PLAIN, SLAB_LEAF, SLAB_STORAGE, SLAB_USES };

struct slot {
    uint64_t head; /* of an object; see object.h */
    struct slot *next;
};

struct slab {
    struct hgc_runtime *rt;
    struct slot *free;
    int32_t margin; /* used slots beyond `watch`; without any left, slab_put looks closer */
    int32_t watch;
    uint32_t slot_size, slots;
    uint32_t fresh;  /* slots that have ever been linked */
    uint32_t linked; /* those that have been since the slab was last empty */
    uint8_t size_class, use;
    uint8_t in_list; /* with the slabs of its class that have room */
    uint8_t
        quiet; /* its slots are not counted: it is the current one, and full when it no longer is */
    struct slab *next, *before; /* in that list */
};
_Static_assert(sizeof(struct slab) <= SLAB_HEADER, "slots begin behind the header");

/* One size and use. `current` is never NULL: a static slab without slots at first. */
struct slab_class {
    struct slab *current, *with_room;
};

/* Chunks of one half, in the order of their addresses once sorted. */
struct slab_chunk {
    char *memory;
    uint32_t taken;  /* a bit for each unit */
    uint32_t starts; /* units at which a slab or run begins */
    uint32_t chunks; /* more than 1: one large run */
};
struct slab_space {
    struct slab_chunk *chunks;
    size_t count, capacity, hint;
    int unsorted;
};

/* Never has any slots. */
extern struct slab_class slab_none;

struct slabs {
    struct slab_class classes[SLAB_USES][SLAB_CLASSES];
    struct slab_space space[2]; /* by enum reserve_half */
    size_t empty;               /* cyclic slabs without used slots */
};

void slab_init(struct slabs *s);
void slab_fini(struct slabs *s);

/* The class for `size` bytes, at least 16, at most SLAB_SLOT_MAX. */
static inline unsigned slab_class_of(size_t size) {
    if (size <= 64)
        return size <= 16 ? 0 : (unsigned)(size + 7) / 8 - 2;
    unsigned shift = 61 - (unsigned)__builtin_clzl(size - 1); /* four classes a doubling */
    return 7 + (shift - 4) * 4 + (unsigned)((size - 1) >> shift) - 4;
}
size_t slab_class_size(unsigned size_class);

static inline struct slab *slab_of(const void *slot) {
    return (struct slab *)((uintptr_t)slot & ~(uintptr_t)(SLAB_SIZE - 1));
}

/* A slot: its first 8 bytes are as slab_put left them (zero at first), the rest is anything. */
struct slot *slab_take_slow(struct hgc_runtime *rt, enum slab_use use, unsigned size_class);
/* A run of units for one slot of `size` bytes. */
struct slot *slab_take_large(struct hgc_runtime *rt, enum slab_use use, size_t size);
void slab_put_slow(struct slab *slab);

static inline struct slot *slab_take(struct hgc_runtime *rt, struct slab_class *c,
                                     enum slab_use use, unsigned size_class) {
    struct slab *slab = c->current;
    struct slot *slot = slab->free;
    if (__builtin_expect(slot == NULL, 0))
        return slab_take_slow(rt, use, size_class);
    slab->free = slot->next;
    return slot;
}

/* The caller has written `head`. */
static inline void slab_put(struct slab *slab, struct slot *slot) {
    slot->next = slab->free;
    slab->free = slot;
    if (!slab->quiet && __builtin_expect(--slab->margin <= 0, 0))
        slab_put_slow(slab);
}

/* How many slots slab_put would take without looking closer. */
static inline size_t slab_puts_at_once(const struct slab *slab) {
    if (slab->quiet)
        return SIZE_MAX;
    return slab->margin > 0 ? (size_t)slab->margin - 1 : 0;
}

/* Does so with n of them, which are linked, from the first on, to the free ones. */
static inline void slab_put_linked(struct slab *slab, struct slot *first, size_t n) {
    slab->free = first;
    if (!slab->quiet)
        slab->margin -= (int32_t)n;
}

/* Every slab of a half, in the order of addresses: for (c = {0}; (slab = slab_next(s, half, &c));)
 */
struct slab_cursor {
    size_t chunk;
    uint32_t unit;
};
struct slab *slab_next(struct slabs *s, enum reserve_half half, struct slab_cursor *c);
/* Gives the next empty cyclic slab, whose slots no list names any more, back for any use. Looks at
 * some only; 0 when it has seen all. Without `may_be_named` the lists are all empty. */
int slab_trim(struct slabs *s, struct slab_cursor *c, int may_be_named);
/* The scratch and the marks of the whole half are about to be written to: saves faults. */
void slab_touch_scratch(struct slabs *s);
/* Sets the scratch and the marks of the whole half to zero. */
void slab_clear_scratch(struct slabs *s);

int32_t slab_used(const struct slab *slab);

/* The size of each of its slots. */
static inline size_t slab_slot_bytes(const struct slab *slab) {
    return slab->size_class == SLAB_CLASSES ? (size_t)slab->slot_size * 16 : slab->slot_size;
}

static inline char *slab_slots(struct slab *slab) {
    return (char *)slab + SLAB_HEADER;
}

/* Every slot that was ever given out, in the same way. */
struct slab_slot_cursor {
    struct slab_cursor slabs;
    struct slab *slab;
    uint32_t next;
};
static inline void *slab_next_slot(struct slabs *s, enum reserve_half half,
                                   struct slab_slot_cursor *c) {
    while (!c->slab || c->next >= c->slab->fresh) {
        c->slab = slab_next(s, half, &c->slabs);
        c->next = 0;
        if (!c->slab)
            return NULL;
    }
    return slab_slots(c->slab) + (size_t)c->next++ * c->slab->slot_size;
}

#endif

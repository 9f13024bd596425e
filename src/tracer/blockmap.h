/* Which site a live block belongs to, how large it is and who allocated it: a shadow of the heap,
 * one word per window of 32 bytes. Private memory, so a forked child has its own.
 *
 * No lock: only the owner of a block (who has just allocated it, or is about to free it) touches
 * its word. Async-signal-safe. Addresses beyond ARCH_ADDRESS_BITS are not held. */
#ifndef TRACER_BLOCKMAP_H
#define TRACER_BLOCKMAP_H

#include <stddef.h>
#include <stdint.h>

#include "arch.h"

struct block {
    uint32_t site; /* 0: there is no block */
    uint32_t tag;  /* of the thread that allocated it, below 256 */
    uint64_t size;
};
enum { BLOCK_SITE_OWN = (1 << 24) - 1 /* the tracer's own: never counted */ };

/* Three levels: 4 GiB regions, 1 MiB stretches of heap, windows. The upper two stay in the cache.
 * Blocks of glibc's malloc lie at least 32 bytes apart, at multiples of 16: one lane of words is
 * enough. Other allocators' may begin at every multiple of 8: there are four lanes then, a block's
 * follows from where in its window it begins. Few blocks lie so close, so most pages of most lanes
 * are never touched.
 * The words of eight neighbouring stretches lie side by side: in huge pages, once there are many.
 * A word is 0 where there is no block, else site << 40 | tag << 32 | half << 31 | size: in which
 * half of its window the block begins; size BLOCKMAP_BIG says that it stands in a list of its
 * own. */
enum {
    BLOCKMAP_REGION_SHIFT = 32,
    BLOCKMAP_REGIONS = 1 << (ARCH_ADDRESS_BITS - BLOCKMAP_REGION_SHIFT),
    BLOCKMAP_STRETCH_SHIFT = 20,
    BLOCKMAP_WINDOW_SHIFT = 5,
    BLOCKMAP_LANE_WIDTH = 8,
    BLOCKMAP_WINDOWS = 1 << (BLOCKMAP_STRETCH_SHIFT - BLOCKMAP_WINDOW_SHIFT), /* of a stretch */
    BLOCKMAP_STRETCHES = 1 << (BLOCKMAP_REGION_SHIFT - BLOCKMAP_STRETCH_SHIFT),
    BLOCKMAP_GROUP = 8,
    BLOCKMAP_GROUPS = BLOCKMAP_STRETCHES / BLOCKMAP_GROUP
};
#define BLOCKMAP_BIG ((uint64_t)INT32_MAX)
struct blockmap_region {
    uint64_t *stretch[BLOCKMAP_STRETCHES];
    void *group[BLOCKMAP_GROUPS]; /* where their words lie or will lie */
};
struct blockmap {
    struct blockmap_region *region[BLOCKMAP_REGIONS];
    uintptr_t lane_bits; /* of an address, in which its lane is told: none or two */
};
extern struct blockmap blockmap __attribute__((visibility("hidden")));

static inline size_t blockmap_index(uintptr_t at) {
    size_t first_of_lane = (at & blockmap.lane_bits) * (BLOCKMAP_WINDOWS / BLOCKMAP_LANE_WIDTH);
    return first_of_lane + (at >> BLOCKMAP_WINDOW_SHIFT & (BLOCKMAP_WINDOWS - 1));
}

/* The word of a block's window; NULL: the stretch of heap has none yet, or cannot have. */
static inline uint64_t *blockmap_word(const void *block) {
    uintptr_t at = (uintptr_t)block;
    const struct blockmap_region *r;
    uint64_t *stretch;
    if (__builtin_expect(at >> ARCH_ADDRESS_BITS != 0, 0))
        return NULL;
    r = __atomic_load_n(&blockmap.region[at >> BLOCKMAP_REGION_SHIFT], __ATOMIC_ACQUIRE);
    if (__builtin_expect(r == NULL, 0))
        return NULL;
    stretch = __atomic_load_n(&r->stretch[at >> BLOCKMAP_STRETCH_SHIFT & (BLOCKMAP_STRETCHES - 1)],
                              __ATOMIC_ACQUIRE);
    if (__builtin_expect(stretch == NULL, 0))
        return NULL;
    return &stretch[blockmap_index(at)];
}

/* A word is its block's owner's, but blockmap_each looks at all. */
static inline uint64_t blockmap_get(const uint64_t *word) {
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}
static inline void blockmap_set(uint64_t *word, uint64_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

/* Of a block whose size is BLOCKMAP_BIG at most. */
static inline uint64_t blockmap_pack(const void *at, struct block b) {
    uint64_t half = ((uintptr_t)at & 16) << 27;
    return (uint64_t)(b.site << 8 | b.tag) << 32 | half | b.size;
}

static inline struct block blockmap_unpack(uint64_t word) {
    struct block b = {(uint32_t)(word >> 40), (uint32_t)(word >> 32 & 255), word & BLOCKMAP_BIG};
    return b;
}

/* Before the first insertion. 1 if every block comes from glibc's malloc, else 4. */
void blockmap_init(unsigned lanes);
/* 0, or -1 when it cannot be held. *old is what was there: a block whose free was missed. */
int blockmap_insert(const void *at, struct block block, struct block *old);
/* The usual case of it, and nothing else: 1 if the block could be entered just so. Not the first of
 * its stretch, not one in another's place, not a huge one. */
static inline int blockmap_insert_new(const void *at, struct block block) {
    uint64_t *word = blockmap_word(at);
    if (__builtin_expect(word == NULL || block.size >= BLOCKMAP_BIG || blockmap_get(word) != 0, 0))
        return 0;
    blockmap_set(word, blockmap_pack(at, block));
    return 1;
}

struct block blockmap_take_huge(const void *at, uint64_t word);
/* Takes a block out; its site is 0 when there is none. */
static inline struct block blockmap_take(const void *at) {
    uint64_t *slot = blockmap_word(at), word = slot != NULL ? blockmap_get(slot) : 0;
    if (__builtin_expect(word == 0, 0))
        return (struct block){0, 0, 0};
    blockmap_set(slot, 0);
    if (__builtin_expect((word & BLOCKMAP_BIG) == BLOCKMAP_BIG, 0))
        return blockmap_take_huge(at, word);
    return blockmap_unpack(word);
}

/* The block that begins exactly here, not merely in the same window; its site is 0 when there is
 * none. It stays. */
struct block blockmap_find(const void *at);
static inline int blockmap_has(const void *at) {
    const uint64_t *word = blockmap_word(at);
    return word != NULL && blockmap_get(word) != 0;
}
/* Calls visit for every live block. Blocks that other threads allocate or free meanwhile may be
 * among them. */
typedef void blockmap_visitor(void *argument, uintptr_t at, struct block block);
void blockmap_each(blockmap_visitor *visit, void *argument);
/* Forgets every block. Blocks that other threads enter meanwhile may stay. */
void blockmap_forget(void);
/* Makes room for every block in the regions that have one already: mappings are to end. */
void blockmap_grow_ahead(void);

#endif

/* Which site a live block belongs to and how large it is: a shadow of the heap, 4 bytes for each
 * window of 32. Private memory, so a forked child has its own.
 *
 * No lock: only the owner of a block (who has just allocated it, or is about to free it) touches
 * its words. Async-signal-safe. Addresses beyond ARCH_ADDRESS_BITS are not held. */
#ifndef TRACER_BLOCKMAP_H
#define TRACER_BLOCKMAP_H

#include <stddef.h>
#include <stdint.h>

#include "arch.h"

struct block {
    uint64_t size;
    uint32_t site; /* 0: there is no block */
};
enum { BLOCK_SITE_OWN = (1 << 24) - 1 /* the tracer's own: never counted */ };

/* Three levels: 4 GiB regions, 1 MiB stretches of heap, windows. The upper two stay in the cache.
 * Blocks of glibc's malloc lie at least 32 bytes apart, at multiples of 16: one lane of words is
 * enough. Other allocators' may begin at every multiple of 8: there are four lanes then, a block's
 * follows from where in its window it begins. Few blocks lie so close, so most pages of most lanes
 * are never touched.
 * The words of neighbouring stretches lie side by side: in huge pages, once there are many.
 *
 * A word is 0 where no block begins, else site << 8 | half << 7 | size << 1 | 1: in which half of
 * its window the block begins. Sizes beyond BLOCKMAP_SMALL stand in the next window's word, which
 * such a block covers whole, as size << 1; its own then has BLOCKMAP_SIZE_NEXT. There BLOCKMAP_BIG
 * says that the size stands in a list of its own. */
enum {
    BLOCKMAP_REGION_SHIFT = 32,
    BLOCKMAP_REGIONS = 1 << (ARCH_ADDRESS_BITS - BLOCKMAP_REGION_SHIFT),
    BLOCKMAP_STRETCH_SHIFT = 20,
    BLOCKMAP_WINDOW_SHIFT = 5,
    BLOCKMAP_LANES_MAX = 4,
    BLOCKMAP_LANE_WIDTH = 8,
    BLOCKMAP_WINDOWS = 1 << (BLOCKMAP_STRETCH_SHIFT - BLOCKMAP_WINDOW_SHIFT), /* of a stretch */
    BLOCKMAP_STRETCHES = 1 << (BLOCKMAP_REGION_SHIFT - BLOCKMAP_STRETCH_SHIFT),
    BLOCKMAP_GROUP = 16,
    BLOCKMAP_GROUPS = BLOCKMAP_STRETCHES / BLOCKMAP_GROUP
};
enum { BLOCKMAP_SMALL = 62, BLOCKMAP_SIZE_NEXT = 63, BLOCKMAP_BIG = INT32_MAX };
struct blockmap_region {
    uint32_t *stretch[BLOCKMAP_STRETCHES];
    /* behind the last word of each lane of each stretch */
    uint32_t after[BLOCKMAP_STRETCHES][BLOCKMAP_LANES_MAX];
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
static inline uint32_t *blockmap_word(const void *block) {
    uintptr_t at = (uintptr_t)block;
    const struct blockmap_region *r;
    uint32_t *stretch;
    if (__builtin_expect(at >> BLOCKMAP_REGION_SHIFT >= BLOCKMAP_REGIONS, 0))
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

/* Words are their block's owner's, but whoever asks for a block's call path, blockmap_each, and who
 * frees what another thread allocated come from them to a site that may be new. */
static inline uint32_t blockmap_get(const uint32_t *word) {
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}
static inline void blockmap_set(uint32_t *word, uint32_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static inline int blockmap_is_first(uint32_t word) {
    return (word & 1) != 0;
}
/* What the first word says of the size. */
static inline uint32_t blockmap_size_in(uint32_t first) {
    return first >> 1 & BLOCKMAP_SIZE_NEXT;
}
static inline uint32_t blockmap_first(const void *at, uint32_t site, uint32_t size) {
    return site << 8 | ((uint32_t)(uintptr_t)at & 16) << 3 | size << 1 | 1;
}

/* The word behind that of a block in the last window of its stretch is elsewhere. */
static inline int blockmap_is_last(const void *at) {
    uint32_t last = BLOCKMAP_WINDOWS - 1;
    return ((uintptr_t)at >> BLOCKMAP_WINDOW_SHIFT & last) == last;
}

/* Before the first insertion. 1 if every block comes from glibc's malloc, else 4. */
void blockmap_init(unsigned lanes);
/* What stands where a block of this size is to be, so that its free must have been missed: takes
 * one such block out. Its site is 0 when there is none. */
struct block blockmap_evict(const void *at, uint64_t size);
/* Where no other is. 0, or -1 when it cannot be held. */
int blockmap_insert(const void *at, struct block block);
/* The usual case of it, and nothing else: 1 if the block could be entered just so. Not the first
 * or last of its stretch, not one in another's place, not a huge one. */
static inline int blockmap_insert_new(const void *at, struct block block) {
    uint32_t *word = blockmap_word(at), size = (uint32_t)block.size;
    if (__builtin_expect(word == NULL || blockmap_get(word) != 0 || blockmap_is_last(at), 0))
        return 0;
    if (block.size <= BLOCKMAP_SMALL) {
        blockmap_set(word, blockmap_first(at, block.site, size));
        return 1;
    }
    if (__builtin_expect(blockmap_get(word + 1) != 0 || block.size >= BLOCKMAP_BIG, 0))
        return 0;
    blockmap_set(word, blockmap_first(at, block.site, BLOCKMAP_SIZE_NEXT));
    blockmap_set(word + 1, size << 1);
    return 1;
}

/* Of the last window in its stretch; of a size that stands in the list. */
struct block blockmap_take_last(const void *at, uint32_t *word);
uint64_t blockmap_take_big(const void *at);
/* Takes a block out; its site is 0 when there is none. Small or not, without a branch: sizes come
 * in any order, so it would be guessed wrong, and all that follows be done once more when the word
 * is there at last. */
static inline struct block blockmap_take(const void *at) {
    uint32_t *word = blockmap_word(at), *holder, first;
    uintptr_t size, is_next;
    if (__builtin_expect(word == NULL, 0))
        return (struct block){0, 0};
    if (__builtin_expect(blockmap_is_last(at), 0))
        return blockmap_take_last(at, word);
    first = blockmap_get(word);
    if (__builtin_expect(!blockmap_is_first(first), 0))
        return (struct block){0, 0};
    size = blockmap_size_in(first);
    is_next = size == BLOCKMAP_SIZE_NEXT;
    holder = word + is_next;
    size ^= (size ^ blockmap_get(holder) >> 1) & -is_next;
    blockmap_set(holder, 0);
    blockmap_set(word, 0);
    if (__builtin_expect(size == BLOCKMAP_BIG, 0))
        size = blockmap_take_big(at);
    return (struct block){size, first >> 8};
}

/* The block that begins exactly here, not merely in the same window; its site is 0 when there is
 * none. It stays. */
struct block blockmap_find(const void *at);
static inline int blockmap_has(const void *at) {
    const uint32_t *word = blockmap_word(at);
    return word != NULL && blockmap_is_first(blockmap_get(word));
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

/* Which site a live block belongs to, how large it is and who allocated it: a shadow of the heap,
 * one word per window of the smallest distance between two blocks. Private memory, so a forked
 * child has its own.
 *
 * No lock: only the owner of a block (who has just allocated it, or is about to free it) touches
 * its word. Async-signal-safe. Addresses from 2^47 on are not held. */
#ifndef TRACER_BLOCKMAP_H
#define TRACER_BLOCKMAP_H

#include <stddef.h>
#include <stdint.h>

struct block {
    uint32_t site; /* 0: there is no block */
    uint32_t tag;  /* of the thread that allocated it, below 256 */
    uint64_t size;
};
enum { BLOCK_SITE_OWN = (1 << 24) - 1 /* the tracer's own: never counted */ };

/* Three levels: 4 GiB regions, 1 MiB stretches of heap, windows. The upper two stay in the cache.
 * The words of eight neighbouring stretches lie side by side: in huge pages, once there are many.
 * A word is 0 where there is no block, else site << 40 | tag << 32 | size, where size
 * BLOCKMAP_BIG says that it stands in a list of its own. */
enum {
    BLOCKMAP_REGION_SHIFT = 32,
    BLOCKMAP_REGIONS = 1 << 15,
    BLOCKMAP_STRETCH_SHIFT = 20,
    BLOCKMAP_STRETCHES = 1 << (BLOCKMAP_REGION_SHIFT - BLOCKMAP_STRETCH_SHIFT),
    BLOCKMAP_GROUP = 8,
    BLOCKMAP_GROUPS = BLOCKMAP_STRETCHES / BLOCKMAP_GROUP
};
#define BLOCKMAP_BIG UINT32_MAX
struct blockmap_region {
    uint64_t *stretch[BLOCKMAP_STRETCHES];
    void *group[BLOCKMAP_GROUPS]; /* where their words lie or will lie */
};
struct blockmap {
    struct blockmap_region *region[BLOCKMAP_REGIONS];
    unsigned window_shift;
};
extern struct blockmap blockmap __attribute__((visibility("hidden")));

/* The word of a block's window; NULL: the stretch of heap has none yet, or cannot have. */
static inline uint64_t *blockmap_word(const void *block) {
    uintptr_t at = (uintptr_t)block;
    const struct blockmap_region *r;
    uint64_t *stretch;
    if (__builtin_expect(at >> 47 != 0, 0))
        return NULL;
    r = __atomic_load_n(&blockmap.region[at >> BLOCKMAP_REGION_SHIFT], __ATOMIC_ACQUIRE);
    if (__builtin_expect(r == NULL, 0))
        return NULL;
    stretch = __atomic_load_n(&r->stretch[at >> BLOCKMAP_STRETCH_SHIFT & (BLOCKMAP_STRETCHES - 1)],
                              __ATOMIC_ACQUIRE);
    if (__builtin_expect(stretch == NULL, 0))
        return NULL;
    return &stretch[(at & ((1 << BLOCKMAP_STRETCH_SHIFT) - 1)) >> blockmap.window_shift];
}

/* Of a block whose size is BLOCKMAP_BIG at most. */
static inline uint64_t blockmap_pack(struct block b) {
    return (uint64_t)b.site << 40 | (uint64_t)b.tag << 32 | b.size;
}

static inline struct block blockmap_unpack(uint64_t word) {
    struct block b = {(uint32_t)(word >> 40), (uint32_t)(word >> 32 & 255), (uint32_t)word};
    return b;
}

/* Before the first insertion: 5 (32-byte windows) if every block comes from glibc's malloc, whose
 * blocks lie at least 32 bytes apart; 3 otherwise. */
void blockmap_init(unsigned window_shift);
/* 0, or -1 when it cannot be held. *old is what was there: a block whose free was missed. */
int blockmap_insert(const void *at, struct block block, struct block *old);
/* The usual case of it, and nothing else: 1 if the block could be entered just so. Not the first of
 * its stretch, not one in another's place, not a huge one. */
static inline int blockmap_insert_new(const void *at, struct block block) {
    uint64_t *word = blockmap_word(at);
    if (__builtin_expect(word == NULL || *word != 0 || block.size >= BLOCKMAP_BIG, 0))
        return 0;
    *word = blockmap_pack(block);
    return 1;
}

struct block blockmap_take_huge(const void *at, uint64_t word);
/* Takes a block out; its site is 0 when there is none. */
static inline struct block blockmap_take(const void *at) {
    uint64_t *slot = blockmap_word(at), word = slot != NULL ? *slot : 0;
    if (__builtin_expect(word == 0, 0))
        return (struct block){0, 0, 0};
    *slot = 0;
    if (__builtin_expect((uint32_t)word == BLOCKMAP_BIG, 0))
        return blockmap_take_huge(at, word);
    return blockmap_unpack(word);
}

static inline int blockmap_has(const void *at) {
    const uint64_t *word = blockmap_word(at);
    return word != NULL && *word != 0;
}
/* Calls visit for every live block. The process must have one thread. */
void blockmap_each(void (*visit)(struct block block));
/* Makes room for every block in the regions that have one already: mappings are to end. */
void blockmap_grow_ahead(void);

#endif

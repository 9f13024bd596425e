/* Which site a live block belongs to and how large it is: a shadow of the heap, one word per window
 * of the smallest distance between two blocks. Private memory, so a forked child has its own.
 *
 * No lock: only the owner of a block (who has just allocated it, or is about to free it) touches
 * its word. Async-signal-safe. Addresses from 2^47 on and blocks from 1 TiB on are not held. */
#ifndef TRACER_BLOCKMAP_H
#define TRACER_BLOCKMAP_H

#include <stdint.h>

/* 0: no block. Else site << 40 | size. */
typedef uint64_t block_word;
enum {
    BLOCK_SITE_SHIFT = 40,
    BLOCK_SITE_OWN = (1 << 24) - 1 /* the tracer's own: never counted */
};

static inline block_word block_pack(uint32_t site, uint64_t size) {
    return (uint64_t)site << BLOCK_SITE_SHIFT | size;
}
static inline uint32_t block_site(block_word word) {
    return (uint32_t)(word >> BLOCK_SITE_SHIFT);
}
static inline uint64_t block_size(block_word word) {
    return word & ((UINT64_C(1) << BLOCK_SITE_SHIFT) - 1);
}

/* Before the first insertion: 5 (32-byte windows) if every block comes from glibc's malloc, whose
 * blocks lie at least 32 bytes apart; 3 otherwise. */
void blockmap_init(unsigned window_shift);
/* 0, or -1 when it cannot be held. *old is the word that was there: a block whose free was missed.
 */
int blockmap_insert(const void *block, block_word word, block_word *old);
/* Takes a block's word out; 0 when there is none. */
block_word blockmap_take(const void *block);
block_word blockmap_peek(const void *block);
/* Calls visit for every live block's word. The process must have one thread. */
void blockmap_each(void (*visit)(block_word word));
/* Makes room for every block in the regions that have one already: mappings are to end. */
void blockmap_grow_ahead(void);

#endif

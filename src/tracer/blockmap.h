/* Which site a live block belongs to, how large it is and who allocated it: a shadow of the heap,
 * one word per window of the smallest distance between two blocks. Private memory, so a forked
 * child has its own.
 *
 * No lock: only the owner of a block (who has just allocated it, or is about to free it) touches
 * its word. Async-signal-safe. Addresses from 2^47 on are not held. */
#ifndef TRACER_BLOCKMAP_H
#define TRACER_BLOCKMAP_H

#include <stdint.h>

struct block {
    uint32_t site; /* 0: there is no block */
    uint32_t tag;  /* of the thread that allocated it, below 256 */
    uint64_t size;
};
enum { BLOCK_SITE_OWN = (1 << 24) - 1 /* the tracer's own: never counted */ };

/* Before the first insertion: 5 (32-byte windows) if every block comes from glibc's malloc, whose
 * blocks lie at least 32 bytes apart; 3 otherwise. */
void blockmap_init(unsigned window_shift);
/* 0, or -1 when it cannot be held. *old is what was there: a block whose free was missed. */
int blockmap_insert(const void *at, struct block block, struct block *old);
/* Takes a block out; its site is 0 when there is none. */
struct block blockmap_take(const void *at);
int blockmap_has(const void *at);
/* Calls visit for every live block. The process must have one thread. */
void blockmap_each(void (*visit)(struct block block));
/* Makes room for every block in the regions that have one already: mappings are to end. */
void blockmap_grow_ahead(void);

#endif

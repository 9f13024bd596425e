/* Live blocks that the program tracks by itself: of pools and arenas, files, handles, whatever it
 * counts. (The block map holds those of malloc.) Sharded by domain and address.
 *
 * Within an event only: the caller's guard keeps a signal handler from waiting for what it has
 * interrupted. Private memory, so a forked child has its own. */
#ifndef TRACER_TRACKED_H
#define TRACER_TRACKED_H

#include "tracer/block_table.h"

/* As of block_table.h. */
int tracked_put(struct table_block block, struct table_block *old);
struct table_block tracked_take(uint32_t domain, uintptr_t address);
struct table_block tracked_find(uint32_t domain, uintptr_t address);
void tracked_each(block_table_visitor *visit, void *argument);
void tracked_forget(void);

/* Around a fork nobody may be inside. */
void tracked_before_fork(void);
void tracked_after_fork(void);

#endif

/* What the hooks report. Called after a successful allocation and before a free; the real allocator
 * is called by the hook. Never fails: what cannot be recorded is counted as not seen. Leaves errno
 * alone, allocates nothing from the program's heap. Any thread, any signal handler. */
#ifndef TRACER_EVENT_H
#define TRACER_EVENT_H

#include <stddef.h>
#include "tracer/block_table.h"
#include "tracer/blockmap.h"
#include "unwind/unwind.h"

void event_allocated(const void *at, size_t size, const struct unwind_start *start);
/* Before the block goes back to the allocator: from then on its address may be another's. */
void event_freed(const void *at, const struct unwind_start *start);
/* The same for operator delete, which may or may not go on to free: that free is not another one.
 * event_delete_end comes after the real call. */
void event_delete_begin(const void *at, const struct unwind_start *start);
void event_delete_end(void);
/* realloc in two steps: the block is taken out before the call, since on success the old address
 * may be another thread's before we return; then it is put back, or the old block has gone. */
struct block event_realloc_begin(const void *at);
void event_realloc_failed(const void *at, struct block block);
void event_realloc_freed(const void *at, struct block block); /* realloc(at, 0) */
void event_reallocated(const void *old, struct block block, const void *at, size_t size,
                       const struct unwind_start *start);
/* Blocks that the program tracks by itself, in any domain, 0 among them. A block that is there
 * already is replaced. 0; -1: not recorded. */
int event_track(const struct table_block *block, uint32_t type, const struct unwind_start *start);
/* Also of a block of malloc, in domain 0: its memory is another thing from now on. */
void event_untrack(uint32_t domain, uintptr_t address);
/* The site of a block that is known, else 0. */
uint32_t event_site_of(uint32_t domain, uintptr_t address);
/* A call that returned NULL for want of memory. */
void event_failed(void);
/* 1 if the block is recorded. */
int event_is_known(const void *at);

#endif

/* The usual case of an event, from a hook's call to the counters: inline, for the hooks that nearly
 * every block passes through. What is unusual is in event.c. All as event.h says. */
#ifndef TRACER_RECORD_H
#define TRACER_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "heapline.h"
#include "tracer/blockmap.h"
#include "tracer/capture.h"
#include "tracer/count.h"
#include "tracer/scope.h"
#include "tracer/thread.h"
#include "tracer/tree.h"

#define RECORD_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
/* For functions that hold all that they usually need. */
#define RECORD_WHOLE __attribute__((flatten))

/* What is rare (event.c): no event can be begun; the block cannot be held, or another is in its
 * place; the block that leaves is not in the map, or does not count. */
void event_allocated_outside(const void *at, size_t size);
int event_enter_slowly(struct thread *t, const void *at, struct block block);
void event_insert_own(const void *at);
void event_freed_outside(uintptr_t known_as, struct block block);
void event_freed_uncounted(const void *at, struct block block);

/* Was this block the last that the thread allocated? The site tells it from another thread's block
 * that has since taken the same address, but for one of the same site. */
static inline int record_is_temporary(struct thread *t, const void *at, struct block block) {
    if (t->last_block != at)
        return 0;
    t->last_block = NULL;
    return block.site == t->last_site;
}

/* Enters a new block and counts it. */
static inline void record_add(struct thread *t, const void *at, size_t size, uint32_t site) {
    struct block block = {size, site};
    t->last_block = at;
    t->last_site = site;
    if (RECORD_UNLIKELY(!blockmap_insert_new(at, block)) && !event_enter_slowly(t, at, block)) {
        count_not_seen();
    } else if (RECORD_UNLIKELY(!count_allocated(t, site, size))) {
        count_not_seen();
        event_insert_own(at);
    } else if (RECORD_UNLIKELY(scope_is_any_open())) {
        scope_allocated(t, HEAPLINE_DOMAIN_MALLOC, (uintptr_t)at, size);
    }
}

/* Counts a block that has left the map; `known_as` is its name in scopes. */
static inline void record_subtract(struct thread *t, uintptr_t known_as, struct block block,
                                   int temporary) {
    count_freed(t, block.site, block.size, temporary);
    if (RECORD_UNLIKELY(scope_is_any_open()))
        scope_freed(HEAPLINE_DOMAIN_MALLOC, known_as);
}

static inline void record_allocated(const void *at, size_t size, const struct unwind_start *start) {
    struct guard guard;
    struct thread *t;
    capture_note_loader(start);
    t = thread_enter(&guard);
    if (RECORD_UNLIKELY(t == NULL)) {
        event_allocated_outside(at, size);
        return;
    }
    record_add(t, at, size, capture_site(t, start));
    count_end(t);
}

/* The counting half of a free: the block has left the map. 0 if it was not there. */
static inline int record_freed_block(const void *at, uintptr_t known_as, struct block block) {
    struct guard guard;
    struct thread *t;
    if (RECORD_UNLIKELY(!tree_is_current(block.site))) {
        event_freed_uncounted(at, block);
        return block.site != 0;
    }
    t = thread_enter(&guard);
    if (RECORD_UNLIKELY(t == NULL)) {
        event_freed_outside(known_as, block);
        return 1;
    }
    record_subtract(t, known_as, block, record_is_temporary(t, at, block));
    count_end(t);
    return 1;
}

/* 0 if the block was not in the map. */
static inline int record_freed(const void *at, const struct unwind_start *start) {
    capture_note_loader(start);
    return record_freed_block(at, (uintptr_t)at, blockmap_take(at));
}

#endif

#include <stddef.h>

#include "heapline.h"
#include "tracer/event.h"
#include "tracer/record.h"
#include "tracer/scope.h"
#include "tracer/session.h"
#include "tracer/store.h"
#include "tracer/thread.h"
#include "tracer/tracked.h"
#include "tracer/tree.h"

/* In the place of whatever is there. 0, or -1 when it cannot be held. */
static int put(const void *at, struct block block) {
    while (blockmap_evict(at, block.size).site != 0)
        continue;
    return blockmap_insert(at, block);
}

/* A block that is not counted, but whose free must not look foreign. */
void event_insert_own(const void *at) {
    put(at, (struct block){.site = BLOCK_SITE_OWN});
}

static int is_paused(void) {
    const struct thread *t = thread_peek();
    return t != NULL && t->paused != 0;
}

/* An allocation that no call path can be had for: it counts under <not recorded>. One of the
 * tracer's own counts nowhere. */
void event_allocated_outside(const void *at, size_t size) {
    struct block block = {.site = tree_not_recorded(), .size = size};
    struct thread *t = thread_peek();
    if (is_paused()) {
        event_insert_own(at);
        return;
    }
    count_not_seen();
    if (t != NULL && thread_defer(t, block.site, size, 0) == 0)
        put(at, block);
    else
        event_insert_own(at);
}

/* The block cannot be held, or another is in its place, which had left unseen. */
int event_enter_slowly(struct thread *t, const void *at, struct block block) {
    struct block missed;
    while ((missed = blockmap_evict(at, block.size)).site != 0)
        if (tree_is_current(missed.site) && !ledger_lost(t, missed.site, missed.size))
            store_count(&store.header->missed_frees);
    if (blockmap_insert(at, block) == 0)
        return 1;
    store_note(ARENA_NOTE_NO_MEMORY);
    return 0;
}

RECORD_WHOLE void event_allocated(const void *at, size_t size, const struct unwind_start *start) {
    record_allocated(at, size, start);
}

/* The free of a block that no event can be begun for, unless the thread is but paused. */
void event_freed_outside(uintptr_t known_as, struct block block) {
    struct guard guard;
    struct thread *t = thread_enter_anyway(&guard);
    if (t != NULL) {
        record_subtract(t, known_as, block, 0);
        count_end(t);
        return;
    }
    t = thread_peek();
    if (t == NULL || thread_defer(t, block.site, block.size, 1) != 0)
        store_count(&store.header->missed_frees);
}

/* A block that is not in the map, or does not count. What was allocated before tracing began looks
 * like a stranger's. */
void event_freed_uncounted(const void *at, struct block block) {
    const struct thread *t = thread_peek();
    if (block.site == 0 && !__atomic_load_n(&session_began_late, __ATOMIC_RELAXED) &&
        !is_paused() && (t == NULL || t->deleting != at))
        store_count(&store.header->foreign_frees);
}

RECORD_WHOLE void event_freed(const void *at, const struct unwind_start *start) {
    record_freed(at, start);
}

void event_delete_begin(const void *at, const struct unwind_start *start) {
    struct thread *t = thread_self();
    event_freed(at, start);
    if (t != NULL)
        t->deleting = at;
}

void event_delete_end(void) {
    struct thread *t = thread_peek();
    if (t != NULL)
        t->deleting = NULL;
}

/* While the allocator works, the block is known by another name, or is itself again. */
static __attribute__((noinline)) void rename_in_scopes(uintptr_t from, uintptr_t to) {
    struct guard guard;
    struct thread *t = thread_enter_anyway(&guard);
    if (t == NULL)
        return;
    scope_renamed(from, to);
    count_end(t);
}

struct block event_realloc_begin(const void *at) {
    struct block block = blockmap_take(at);
    if (RECORD_UNLIKELY(scope_is_any_open()) && block.site != 0)
        rename_in_scopes((uintptr_t)at, SCOPE_MOVING(at));
    return block;
}

void event_realloc_failed(const void *at, struct block block) {
    if (block.site != 0)
        put(at, block);
    if (scope_is_any_open() && block.site != 0)
        rename_in_scopes(SCOPE_MOVING(at), (uintptr_t)at);
    event_failed();
}

void event_realloc_freed(const void *at, struct block block) {
    record_freed_block(at, SCOPE_MOVING(at), block);
}

void event_reallocated(const void *old, struct block block, const void *at, size_t size,
                       const struct unwind_start *start) {
    struct guard guard;
    struct thread *t = NULL;
    uint32_t site;
    int temporary;
    if (tree_is_current(block.site))
        t = thread_enter(&guard);
    if (RECORD_UNLIKELY(t == NULL)) { /* two separate events */
        record_freed_block(old, SCOPE_MOVING(old), block);
        event_allocated(at, size, start);
        return;
    }
    capture_note_loader(start);
    temporary = record_is_temporary(t, old, block);
    site = capture_site(t, start);
    record_subtract(t, SCOPE_MOVING(old), block, temporary);
    record_add(t, at, size, site);
    count_end(t);
}

/* Domain 0's tracked blocks are in the block map if malloc has made them. */
static int replace(const struct table_block *block, struct table_block *old) {
    const void *at = (const void *)block->address;
    struct block map = blockmap_find(at);
    if (block->domain != HEAPLINE_DOMAIN_MALLOC || map.site == 0)
        return tracked_put(*block, old);
    *old = (struct table_block){block->address, map.size, block->domain, map.site};
    put(at, (struct block){block->size, block->site});
    return 0;
}

/* The free of a block of malloc that was untracked is no stranger's. */
static struct table_block take(uint32_t domain, uintptr_t address) {
    struct table_block found = tracked_take(domain, address);
    struct block map;
    if (found.site != 0 || domain != HEAPLINE_DOMAIN_MALLOC)
        return found;
    map = blockmap_find((const void *)address);
    if (map.site != 0)
        event_insert_own((const void *)address);
    return (struct table_block){address, map.size, domain, map.site};
}

static void subtract_tracked(struct thread *t, const struct table_block *block) {
    if (!tree_is_current(block->site))
        return;
    count_freed(t, block->site, block->size, 0);
    if (scope_is_any_open())
        scope_freed(block->domain, block->address);
}

static int track(struct thread *t, struct table_block block, uint32_t type,
                 const struct unwind_start *start) {
    struct table_block old;
    block.site = tree_site_in(capture_site(t, start), block.domain, type, t);
    if (block.site == ARENA_SITE_NONE || replace(&block, &old) != 0)
        return -1;
    subtract_tracked(t, &old);
    if (!count_allocated(t, block.site, block.size)) {
        take(block.domain, block.address);
        return -1;
    }
    if (scope_is_any_open())
        scope_allocated(t, block.domain, block.address, block.size);
    return 0;
}

int event_track(const struct table_block *block, uint32_t type, const struct unwind_start *start) {
    struct guard guard;
    struct thread *t = thread_enter_anyway(&guard);
    int r = t != NULL ? track(t, *block, type, start) : -1;
    if (r != 0)
        count_not_seen();
    if (t != NULL)
        count_end(t);
    return r;
}

void event_untrack(uint32_t domain, uintptr_t address) {
    struct guard guard;
    struct table_block block;
    struct thread *t = thread_enter_anyway(&guard);
    if (t == NULL) {
        store_count(&store.header->missed_frees);
        return;
    }
    block = take(domain, address);
    subtract_tracked(t, &block);
    count_end(t);
}

uint32_t event_site_of(uint32_t domain, uintptr_t address) {
    struct guard guard;
    struct thread *t = thread_enter_anyway(&guard);
    uint32_t site;
    if (t == NULL)
        return ARENA_SITE_NONE;
    site = tracked_find(domain, address).site;
    if (site == ARENA_SITE_NONE && domain == HEAPLINE_DOMAIN_MALLOC)
        site = blockmap_find((const void *)address).site;
    count_end(t);
    return tree_is_current(site) ? site : ARENA_SITE_NONE;
}

void event_failed(void) {
    store_count(&store.header->failed);
}

int event_is_known(const void *at) {
    return blockmap_has(at);
}

#include <stddef.h>

#include "tracer/counters.h"
#include "tracer/event.h"
#include "tracer/lock.h"
#include "tracer/modules.h"
#include "tracer/session.h"
#include "tracer/store.h"
#include "tracer/thread.h"
#include "tracer/tree.h"

/* Applies what signal handlers left while they interrupted this thread's events. Needs the lock. */
static void apply_deferred(struct thread *t) {
    uint32_t done = 0, count;
    do {
        count = t->deferred_count;
        for (; done < count; done++) {
            const struct deferred *d = &t->deferred[done];
            if (d->is_free)
                counters_freed(d->site, d->size, 0);
            else
                counters_allocated(d->site, d->size);
        }
    } while (!__atomic_compare_exchange_n(&t->deferred_count, &count, 0, 0, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
}

static void unlock(struct thread *t) {
    if (__builtin_expect(t->deferred_count != 0, 0))
        apply_deferred(t);
    lock_release();
}

/* A block that is not counted, but whose free must not look foreign. */
static void insert_own(const void *at) {
    struct block own = {.site = BLOCK_SITE_OWN}, old;
    blockmap_insert(at, own, &old);
}

/* An allocation that no call path can be had for: it counts under <not recorded>. */
static void allocated_unseen(const void *at, size_t size) {
    struct block block = {.site = ARENA_SITE_NOT_RECORDED, .size = size}, old;
    struct thread *t = thread_peek();
    store_count(&store.header->not_seen_events);
    if (t != NULL && thread_defer(t, block.site, size, 0) == 0)
        blockmap_insert(at, block, &old);
    else
        insert_own(at);
}

static void note_loader(const struct unwind_start *start) {
    if (__builtin_expect(modules_is_loader(start->ip), 0))
        modules_loader_called();
}

static uint32_t capture(struct thread *t, const struct unwind_start *start) {
    unwind_walk(&t->path, start, &t->unwind);
    if (__builtin_expect(t->path.guessed != 0, 0))
        __atomic_fetch_add(&store.header->guessed_frames, t->path.guessed, __ATOMIC_RELAXED);
    if (__builtin_expect(t->path.truncated, 0))
        store_count(&store.header->truncated_stacks);
    return tree_site(&t->path, t);
}

/* Enters a block; 0 when it cannot be held. A block that is found in its place had left unseen. */
static int enter(const void *at, struct block block, struct block *missed) {
    *missed = (struct block){0, 0, 0};
    if (blockmap_insert(at, block, missed) == 0)
        return 1;
    store_note(ARENA_NOTE_NO_MEMORY);
    store_count(&store.header->not_seen_events);
    return 0;
}

/* Was this block the last that the thread allocated? The tag tells it from another thread's block
 * that has since taken the same address. */
static int is_temporary(struct thread *t, const void *at, struct block block) {
    if (t->last_block != at)
        return 0;
    t->last_block = NULL;
    return block.tag == t->tag && t->tag != 0;
}

/* Enters the block and counts it, and the old one that it replaces in a realloc (site 0: none). */
static void record(struct thread *t, const void *at, struct block block, struct block freed,
                   int temporary) {
    struct block missed;
    int entered = enter(at, block, &missed);
    t->last_block = at;
    if (!lock_take(t)) {
        store_count(&store.header->not_seen_events);
        if (entered)
            insert_own(at);
        return;
    }
    if (__builtin_expect(missed.site != 0, 0) && missed.site != BLOCK_SITE_OWN)
        counters_lost(missed.site, missed.size);
    if (freed.site != 0)
        counters_freed(freed.site, freed.size, temporary);
    if (entered)
        counters_allocated(block.site, block.size);
    unlock(t);
}

static int is_paused(void) {
    const struct thread *t = thread_peek();
    return t != NULL && t->paused != 0;
}

static struct block captured(struct thread *t, size_t size, const struct unwind_start *start) {
    return (struct block){capture(t, start), t->tag, size};
}

void event_allocated(const void *at, size_t size, const struct unwind_start *start) {
    struct block none = {0, 0, 0};
    struct thread *t;
    struct guard guard;
    if (!session_is_own_process())
        return;
    note_loader(start);
    if (__builtin_expect(is_paused(), 0)) {
        insert_own(at);
        return;
    }
    t = thread_enter(&guard);
    if (__builtin_expect(t == NULL, 0)) {
        allocated_unseen(at, size);
        return;
    }
    record(t, at, captured(t, size, start), none, 0);
    thread_leave(t);
}

/* The counting half of a free, for a block that has left the map. */
static void count_free(const void *at, struct block block) {
    struct guard guard;
    struct thread *t = thread_enter(&guard);
    int temporary;
    if (__builtin_expect(t == NULL, 0)) {
        t = thread_peek();
        if (t == NULL || thread_defer(t, block.site, block.size, 1) != 0)
            store_count(&store.header->missed_frees);
        return;
    }
    temporary = is_temporary(t, at, block);
    if (lock_take(t)) {
        counters_freed(block.site, block.size, temporary);
        unlock(t);
    } else {
        store_count(&store.header->missed_frees);
    }
    thread_leave(t);
}

static int is_being_deleted(const void *at) {
    const struct thread *t = thread_peek();
    return t != NULL && t->deleting == at;
}

static void freed(const void *at, struct block block) {
    if (__builtin_expect(block.site == 0, 0)) {
        if (!is_being_deleted(at) && !is_paused())
            store_count(&store.header->foreign_frees);
    } else if (__builtin_expect(block.site != BLOCK_SITE_OWN, 1)) {
        count_free(at, block);
    }
}

void event_freed(const void *at, const struct unwind_start *start) {
    if (!session_is_own_process())
        return;
    note_loader(start);
    freed(at, blockmap_take(at));
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

struct block event_realloc_begin(const void *at) {
    return session_is_own_process() ? blockmap_take(at) : (struct block){0, 0, 0};
}

void event_realloc_failed(const void *at, struct block block) {
    struct block old;
    if (block.site != 0)
        blockmap_insert(at, block, &old);
    event_failed();
}

void event_realloc_freed(const void *at, struct block block) {
    if (session_is_own_process())
        freed(at, block);
}

void event_reallocated(const void *old, struct block block, const void *at, size_t size,
                       const struct unwind_start *start) {
    struct thread *t;
    struct guard guard;
    int temporary;
    if (!session_is_own_process())
        return;
    if (is_paused() || block.site == 0 || block.site == BLOCK_SITE_OWN ||
        (t = thread_enter(&guard)) == NULL) { /* two separate events */
        freed(old, block);
        event_allocated(at, size, start);
        return;
    }
    temporary = is_temporary(t, old, block);
    record(t, at, captured(t, size, start), block, temporary);
    thread_leave(t);
}

void event_failed(void) {
    if (session_is_own_process())
        store_count(&store.header->failed);
}

int event_is_known(const void *at) {
    return blockmap_has(at);
}

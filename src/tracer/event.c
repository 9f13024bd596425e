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

static void insert_own(const void *block) {
    block_word old;
    blockmap_insert(block, block_pack(BLOCK_SITE_OWN, 0), &old);
}

/* An allocation that no call path can be had for: it counts under <not recorded>. */
static void allocated_unseen(const void *block, size_t size) {
    struct thread *t = thread_peek();
    block_word old;
    store_count(&store.header->not_seen_events);
    if (t != NULL && thread_defer(t, ARENA_SITE_NOT_RECORDED, size, 0) == 0)
        blockmap_insert(block, block_pack(ARENA_SITE_NOT_RECORDED, size), &old);
    else
        insert_own(block);
}

static void note_loader(const struct unwind_start *start) {
    if (__builtin_expect(modules_is_loader(start->ip), 0))
        modules_loader_called();
}

static uint32_t capture(struct thread *t, const struct unwind_start *start) {
    unwind_walk(&t->frames, start, &t->unwind);
    if (__builtin_expect(t->frames.guessed != 0, 0))
        __atomic_fetch_add(&store.header->guessed_frames, t->frames.guessed, __ATOMIC_RELAXED);
    if (__builtin_expect(t->frames.truncated, 0))
        store_count(&store.header->truncated_stacks);
    return tree_site(&t->frames, t);
}

static int is_recordable(const void *block, size_t size) {
    return (uintptr_t)block >> 47 == 0 && size >> BLOCK_SITE_SHIFT == 0;
}

/* Enters a block; 0 when it cannot be held. A block that is found in its place had left unseen. */
static int enter(const void *block, size_t size, uint32_t site, block_word *missed) {
    *missed = 0;
    if (is_recordable(block, size) && blockmap_insert(block, block_pack(site, size), missed) == 0)
        return 1;
    store_note(ARENA_NOTE_NO_MEMORY);
    store_count(&store.header->not_seen_events);
    return 0;
}

/* Enters the block and counts it, and the old block that it replaces in a realloc. */
static void record(struct thread *t, const void *block, size_t size, uint32_t site,
                   block_word freed, int temporary) {
    block_word missed;
    int entered = enter(block, size, site, &missed);
    if (!lock_take(t)) {
        store_count(&store.header->not_seen_events);
        if (entered)
            insert_own(block);
        return;
    }
    if (__builtin_expect(missed != 0, 0) && block_site(missed) != BLOCK_SITE_OWN)
        counters_lost(block_site(missed), block_size(missed));
    if (freed != 0)
        counters_freed(block_site(freed), block_size(freed), temporary);
    if (entered)
        counters_allocated(site, size);
    unlock(t);
}

static int is_paused(void) {
    const struct thread *t = thread_peek();
    return t != NULL && t->paused != 0;
}

void event_allocated(const void *block, size_t size, const struct unwind_start *start) {
    struct thread *t;
    struct guard guard;
    if (!session_is_own_process())
        return;
    note_loader(start);
    if (__builtin_expect(is_paused(), 0)) {
        insert_own(block);
        return;
    }
    t = thread_enter(&guard);
    if (__builtin_expect(t == NULL, 0)) {
        allocated_unseen(block, size);
        return;
    }
    record(t, block, size, capture(t, start), 0, 0);
    t->last_block = block;
    thread_leave(t);
}

/* The counting half of a free, for a word that has left the map. */
static void count_free(const void *block, block_word word) {
    struct guard guard;
    struct thread *t = thread_enter(&guard);
    int temporary;
    if (__builtin_expect(t == NULL, 0)) {
        t = thread_peek();
        if (t == NULL || thread_defer(t, block_site(word), block_size(word), 1) != 0)
            store_count(&store.header->missed_frees);
        return;
    }
    temporary = t->last_block == block;
    if (temporary)
        t->last_block = NULL;
    if (lock_take(t)) {
        counters_freed(block_site(word), block_size(word), temporary);
        unlock(t);
    } else {
        store_count(&store.header->missed_frees);
    }
    thread_leave(t);
}

static int is_being_deleted(const void *block) {
    const struct thread *t = thread_peek();
    return t != NULL && t->deleting == block;
}

static void freed(const void *block, block_word word) {
    if (__builtin_expect(word == 0, 0)) {
        if (!is_being_deleted(block))
            store_count(&store.header->foreign_frees);
    } else if (__builtin_expect(block_site(word) != BLOCK_SITE_OWN, 1)) {
        count_free(block, word);
    }
}

void event_freed(const void *block, const struct unwind_start *start) {
    if (!session_is_own_process())
        return;
    note_loader(start);
    freed(block, blockmap_take(block));
}

void event_delete_begin(const void *block, const struct unwind_start *start) {
    struct thread *t = thread_self();
    event_freed(block, start);
    if (t != NULL)
        t->deleting = block;
}

void event_delete_end(void) {
    struct thread *t = thread_peek();
    if (t != NULL)
        t->deleting = NULL;
}

block_word event_realloc_begin(const void *block) {
    return session_is_own_process() ? blockmap_take(block) : 0;
}

void event_realloc_failed(const void *block, block_word word) {
    block_word old;
    if (word != 0)
        blockmap_insert(block, word, &old);
    event_failed();
}

void event_realloc_freed(const void *block, block_word word) {
    if (session_is_own_process())
        freed(block, word);
}

void event_reallocated(const void *old, block_word word, const void *block, size_t size,
                       const struct unwind_start *start) {
    struct thread *t;
    struct guard guard;
    int temporary;
    if (!session_is_own_process())
        return;
    if (is_paused() || word == 0 || block_site(word) == BLOCK_SITE_OWN ||
        (t = thread_enter(&guard)) == NULL) { /* two separate events */
        freed(old, word);
        event_allocated(block, size, start);
        return;
    }
    temporary = t->last_block == old;
    record(t, block, size, capture(t, start), word, temporary);
    t->last_block = block;
    thread_leave(t);
}

void event_failed(void) {
    if (session_is_own_process())
        store_count(&store.header->failed);
}

int event_is_known(const void *block) {
    return blockmap_peek(block) != 0;
}

#include <stddef.h>
#include <sys/single_threaded.h>

#include "config.h"
#include "tracer/counters.h"
#include "tracer/event.h"
#include "tracer/ledger.h"
#include "tracer/modules.h"
#include "tracer/store.h"
#include "tracer/thread.h"
#include "tracer/tree.h"
#include "unwind/check.h"

/* The two that are called for nearly every block hold all that they usually need. */
#define WHOLE __attribute__((flatten))
#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* May the counters be changed without the lock? */
static inline int is_alone(void) {
    return __libc_single_threaded && !ledger_open;
}

static void count_not_seen(void) {
    store_count(&store.header->not_seen_events);
}

/* 0 when it cannot be counted. */
static inline int count_allocated(struct thread *t, uint32_t site, uint64_t size) {
    if (UNLIKELY(!is_alone()))
        return ledger_allocated(t, site, size);
    counters_allocated(site, size);
    return 1;
}

static inline void count_freed(struct thread *t, uint32_t site, uint64_t size, int temporary) {
    if (LIKELY(is_alone()))
        counters_freed(site, size, temporary);
    else if (!ledger_freed(t, site, size, temporary))
        store_count(&store.header->missed_frees);
}

/* Applies what signal handlers left while they interrupted this thread's events. */
static __attribute__((noinline)) void apply_deferred(struct thread *t) {
    uint32_t done = 0, count;
    do {
        count = t->deferred_count;
        for (; done < count; done++) {
            const struct deferred *d = &t->deferred[done];
            if (d->is_free)
                count_freed(t, d->site, d->size, 0);
            else if (!count_allocated(t, d->site, d->size))
                count_not_seen();
        }
    } while (!__atomic_compare_exchange_n(&t->deferred_count, &count, 0, 0, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
}

static inline void end(struct thread *t) {
    if (UNLIKELY(t->deferred_count != 0))
        apply_deferred(t);
    thread_leave(t);
}

/* A block that is not counted, but whose free must not look foreign. */
static void insert_own(const void *at) {
    struct block own = {.site = BLOCK_SITE_OWN}, old;
    blockmap_insert(at, own, &old);
}

static int is_paused(void) {
    const struct thread *t = thread_peek();
    return t != NULL && t->paused != 0;
}

/* An allocation that no call path can be had for: it counts under <not recorded>. One of the
 * tracer's own counts nowhere. */
static __attribute__((noinline)) void allocated_outside(const void *at, size_t size) {
    struct block block = {.site = ARENA_SITE_NOT_RECORDED, .size = size}, old;
    struct thread *t = thread_peek();
    if (is_paused()) {
        insert_own(at);
        return;
    }
    count_not_seen();
    if (t != NULL && thread_defer(t, block.site, size, 0) == 0)
        blockmap_insert(at, block, &old);
    else
        insert_own(at);
}

static inline void note_loader(const struct unwind_start *start) {
    if (UNLIKELY(modules_is_loader(start->ip)))
        modules_loader_called();
}

/* Not recalled: the stack has to be walked. */
static __attribute__((noinline)) uint32_t walk(struct thread *t, const struct unwind_start *start) {
    struct path_end *found = unwind_walk(&t->unwind, start);
    const struct path *p = &t->unwind.path;
    if (UNLIKELY(p->guessed != 0))
        __atomic_fetch_add(&store.header->guessed_frames, p->guessed, __ATOMIC_RELAXED);
    if (UNLIKELY(p->truncated))
        store_count(&store.header->truncated_stacks);
    return tree_site(&t->unwind.path, found, t);
}

static inline uint32_t capture(struct thread *t, const struct unwind_start *start) {
    struct path_end *found = unwind_recall(&t->unwind, start);
    if (UNLIKELY(found == NULL))
        return walk(t, start);
    if (CHECK_UNWIND)
        unwind_check(&t->unwind, found, start);
    return found->site;
}

/* Was this block the last that the thread allocated? The tag tells it from another thread's block
 * that has since taken the same address. */
static inline int is_temporary(struct thread *t, const void *at, struct block block) {
    if (t->last_block != at)
        return 0;
    t->last_block = NULL;
    return block.tag == t->tag && t->tag != 0;
}

/* The block cannot be held, or another is in its place, which had left unseen. */
static __attribute__((noinline)) int enter_slowly(struct thread *t, const void *at,
                                                  struct block block) {
    struct block missed;
    if (blockmap_insert(at, block, &missed) != 0) {
        store_note(ARENA_NOTE_NO_MEMORY);
        return 0;
    }
    if (missed.site != 0 && missed.site != BLOCK_SITE_OWN &&
        !ledger_lost(t, missed.site, missed.size))
        store_count(&store.header->missed_frees);
    return 1;
}

/* Enters a new block and counts it. */
static inline void add(struct thread *t, const void *at, size_t size, uint32_t site) {
    struct block block = {site, t->tag, size};
    t->last_block = at;
    if (UNLIKELY(!blockmap_insert_new(at, block)) && !enter_slowly(t, at, block)) {
        count_not_seen();
    } else if (UNLIKELY(!count_allocated(t, site, size))) {
        count_not_seen();
        insert_own(at);
    }
}

WHOLE void event_allocated(const void *at, size_t size, const struct unwind_start *start) {
    struct guard guard;
    struct thread *t;
    note_loader(start);
    t = thread_enter(&guard);
    if (UNLIKELY(t == NULL)) {
        allocated_outside(at, size);
        return;
    }
    add(t, at, size, capture(t, start));
    end(t);
}

/* The free of a block that no event can be begun for. */
static __attribute__((noinline)) void freed_outside(struct block block) {
    struct thread *t = thread_peek();
    if (t == NULL || thread_defer(t, block.site, block.size, 1) != 0)
        store_count(&store.header->missed_frees);
}

/* A block that is not in the map, or does not count. */
static __attribute__((noinline)) void freed_uncounted(const void *at, struct block block) {
    const struct thread *t = thread_peek();
    if (block.site == 0 && !is_paused() && (t == NULL || t->deleting != at))
        store_count(&store.header->foreign_frees);
}

/* The counting half of a free: the block has left the map. */
static inline void freed(const void *at, struct block block) {
    struct guard guard;
    struct thread *t;
    if (UNLIKELY(block.site == 0 || block.site == BLOCK_SITE_OWN)) {
        freed_uncounted(at, block);
        return;
    }
    t = thread_enter(&guard);
    if (UNLIKELY(t == NULL)) {
        freed_outside(block);
        return;
    }
    count_freed(t, block.site, block.size, is_temporary(t, at, block));
    end(t);
}

WHOLE void event_freed(const void *at, const struct unwind_start *start) {
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
    return blockmap_take(at);
}

void event_realloc_failed(const void *at, struct block block) {
    struct block old;
    if (block.site != 0)
        blockmap_insert(at, block, &old);
    event_failed();
}

void event_realloc_freed(const void *at, struct block block) {
    freed(at, block);
}

void event_reallocated(const void *old, struct block block, const void *at, size_t size,
                       const struct unwind_start *start) {
    struct guard guard;
    struct thread *t = NULL;
    uint32_t site;
    int temporary;
    if (block.site != 0 && block.site != BLOCK_SITE_OWN)
        t = thread_enter(&guard);
    if (UNLIKELY(t == NULL)) { /* two separate events */
        freed(old, block);
        event_allocated(at, size, start);
        return;
    }
    note_loader(start);
    temporary = is_temporary(t, old, block);
    site = capture(t, start);
    count_freed(t, block.site, block.size, temporary);
    add(t, at, size, site);
    end(t);
}

void event_failed(void) {
    store_count(&store.header->failed);
}

int event_is_known(const void *at) {
    return blockmap_has(at);
}

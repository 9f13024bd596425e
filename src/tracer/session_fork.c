/* What becomes of recording in the children of a traced process: the fork handlers, and the start
 * of a child that the first event finds out about. */
#include <pthread.h>

#include "base/sys.h"
#include "tracer/blockmap.h"
#include "tracer/counters.h"
#include "tracer/favour.h"
#include "tracer/identity.h"
#include "tracer/ledger.h"
#include "tracer/lock.h"
#include "tracer/scope.h"
#include "tracer/session.h"
#include "tracer/store.h"
#include "tracer/store_file.h"
#include "tracer/thread.h"
#include "tracer/tracked.h"
#include "tracer/tree.h"

/* What a forked child starts from, taken by the parent just before the fork. */
static struct {
    struct arena_header header;
    const struct arena_stat *stats; /* NULL: none taken */
    int is_ours;                    /* 1: this process is the child that it was taken for */
} prepared;
static int are_followed;     /* do children record? */
static const void *adopting; /* of the thread that makes the arena, its thread_own; NULL: none */
static const void *forking;  /* of the one that keeps others from the loader */
enum { WAIT_ROUNDS = 10000 };

static int is_forking(void) {
    return __atomic_load_n(&forking, __ATOMIC_RELAXED) == &thread_own;
}

/* A thread that starts tracing may be in the loader, whose lock would never be free in the child.
 * Not for ever: the thread that forks may be the one in the loader, or may have been interrupted
 * itself while it started tracing. */
static void keep_from_loader(void) {
    for (int i = 0; i < WAIT_ROUNDS && !is_forking(); i++) {
        if (session_try_keep_from_loader())
            __atomic_store_n(&forking, &thread_own, __ATOMIC_RELAXED);
        else
            lock_yield();
    }
}

static void let_into_loader(void) {
    if (!is_forking())
        return;
    __atomic_store_n(&forking, NULL, __ATOMIC_RELAXED);
    session_let_into_loader();
}

/* Quiesces the recorders and keeps what the child needs; its pages are copied on write. When a
 * signal handler forks in the middle of an event, nothing is kept and the child restarts. */
static void before_fork(void) {
    struct thread *t = thread_self();
    keep_from_loader();
    if (session_now() != SESSION_ON || !session_has_begun() || t == NULL || !store.may_grow)
        return;
    if (t->busy != NULL || !lock_take(t))
        return;
    tracked_before_fork();
    scope_before_fork();
    ledger_close(t);
    prepared.header = *store.header;
    ledger_add_events(&prepared.header.allocations, &prepared.header.frees);
    prepared.stats = are_followed ? counters_copy() : NULL;
}

static void after_fork_in_parent(void) {
    const struct thread *t = thread_peek();
    let_into_loader();
    if (t == NULL || !lock_is_held_by(t))
        return;
    prepared.stats = NULL;
    scope_after_fork();
    tracked_after_fork();
    lock_release();
}

/* Of the parent's threads only the one that forked is here: nobody holds a lock any more. */
static void after_fork_in_child(void) {
    prepared.is_ours = prepared.stats != NULL;
    session_let_go();
    session_let_into_loader();
    adopting = forking = NULL;
    session_set_place(0);
    session_set_recording(0);
    if (session_now() == SESSION_STARTING) /* by a thread that is not here */
        session_enter(SESSION_OFF);
    if (!are_followed)
        session_enter(SESSION_OFF);
}

static void add_live(void *argument, uintptr_t at, struct block block) {
    (void)argument;
    (void)at;
    if (tree_is_current(block.site))
        counters_allocated(block.site, block.size);
}

static void add_live_tracked(void *argument, const struct table_block *block) {
    (void)argument;
    if (tree_is_current(block->site))
        counters_allocated(block->site, block->size);
}

/* A child that no fork handler saw: what is live is known from the block map and the table of
 * tracked blocks, the rest is not. The traces of objects that there are count no more. */
static void restart_counters(void) {
    counters_restart();
    blockmap_each(add_live, NULL);
    tracked_each(add_live_tracked, NULL);
    tree_forget_traces();
    store_note(ARENA_NOTE_RAW_CLONE);
}

/* Without a prepared header: the arena's, whose owner goes on meanwhile. Of the strings there are
 * those of all modules. */
static void read_header(struct arena_header *header) {
    *header = *store.header;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    header->segment[ARENA_STRINGS].used = store.header->segment[ARENA_STRINGS].used;
    tree_count(header);
    store_clip(header);
}

/* Without the sites the rest of what we have inherited means nothing. */
static int forget_inherited(void) {
    store_note(ARENA_NOTE_NOT_INHERITED);
    if (session_forget_now() == 0)
        return 0;
    store_unlink();
    return -1;
}

int session_adopt(void) {
    int is_prepared = prepared.is_ours, is_stale;
    lock_release();
    favour_end();
    session_let_go();
    tracked_after_fork();
    scope_after_fork();
    thread_reset_after_fork();
    if (!is_prepared)
        read_header(&prepared.header);
    is_stale = store_fork(&prepared.header, is_prepared ? prepared.stats : NULL);
    if (is_stale < 0)
        return -1;
    ledger_restart();
    store.header->is_child = 1;
    store.header->threads = 1;
    if (!is_prepared)
        restart_counters();
    counters_forget_copy();
    prepared.stats = NULL;
    prepared.is_ours = 0;
    identity_publish();
    return is_stale ? forget_inherited() : 0;
}

/* 0: this thread does it already, and a signal handler came in between; or another does, which has
 * been waited for. */
static int begin_adoption(void) {
    const void *self = &thread_own;
    for (int i = 0; i < WAIT_ROUNDS; i++) {
        const void *expected = NULL;
        if (__atomic_compare_exchange_n(&adopting, &expected, self, 0, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED))
            return 1;
        if (expected == self)
            return 0;
        lock_yield();
    }
    return 0;
}

/* What a thread finds while another one stops or starts tracing is no child. */
static int is_child(void) {
    return session_now() == SESSION_ON && !session_is_in_place();
}

int session_adopt_child(void) {
    if (!is_child() || !begin_adoption())
        return session_has_begun();
    if (is_child()) {
        int is_adopted = are_followed && store.may_grow && session_adopt() == 0;
        if (is_adopted)
            session_set_place(1);
        else
            session_enter(SESSION_OFF);
        session_set_recording(is_adopted);
    }
    __atomic_store_n(&adopting, NULL, __ATOMIC_RELEASE);
    return session_has_begun();
}

void session_watch_forks(int follow) {
    are_followed = follow;
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

#include <pthread.h>
#include <string.h>

#include "base/sys.h"
#include "base/text.h"
#include "tracer/blockmap.h"
#include "tracer/counters.h"
#include "tracer/final.h"
#include "tracer/identity.h"
#include "tracer/ledger.h"
#include "tracer/lock.h"
#include "tracer/modules.h"
#include "tracer/session.h"
#include "tracer/settings.h"
#include "tracer/store.h"
#include "tracer/thread.h"
#include "tracer/tree.h"
#include "unwind/unwind.h"

int session_state;
static struct settings settings;

enum { PAGE = 4096 };
struct session_sentinel session_sentinel __attribute__((aligned(PAGE)));
_Static_assert(sizeof session_sentinel == PAGE, "nothing else is wiped");

/* What a forked child starts from, taken by the parent just before the fork. */
static struct {
    struct arena_header header;
    const struct arena_stat *stats; /* NULL: none taken */
    int is_ours;                    /* 1: this process is the child that it was taken for */
} prepared;
static int adopting;

/* A copy: programs write over their environment. */
static void choose_directory(void) {
    struct text t;
    text_init(&t, store.chosen_directory, sizeof store.chosen_directory);
    if (settings.directory != NULL)
        text_string(&t, settings.directory);
}

/* Without it (before Linux 4.14) only the fork handlers tell a child. */
static void make_sentinel(void) {
    sys_madvise(&session_sentinel, PAGE, MADV_WIPEONFORK);
}

/* Quiesces the recorders and keeps what the child needs; its pages are copied on write. When a
 * signal handler forks in the middle of an event, nothing is kept and the child restarts. */
static void before_fork(void) {
    struct thread *t = thread_self();
    if (session_state != SESSION_ON || session_sentinel.is_recording == 0 || t == NULL ||
        !store.may_grow)
        return;
    if (t->busy != NULL || !lock_take(t))
        return;
    ledger_close(t);
    prepared.header = *store.header;
    ledger_add_events(&prepared.header.allocations, &prepared.header.frees);
    prepared.stats = settings.children ? counters_copy() : NULL;
}

static void after_fork_in_parent(void) {
    struct thread *t = thread_peek();
    if (session_state != SESSION_ON || session_sentinel.is_recording == 0 || t == NULL ||
        t->busy != NULL || !store.may_grow)
        return;
    lock_release();
    prepared.stats = NULL;
}

static void after_fork_in_child(void) {
    prepared.is_ours = prepared.stats != NULL;
    session_sentinel.is_recording = 0;
    if (!settings.children)
        session_state = SESSION_OFF;
}

static void add_live(void *argument, uintptr_t at, struct block block) {
    (void)argument;
    (void)at;
    if (block.site != BLOCK_SITE_OWN)
        counters_allocated(block.site, block.size);
}

/* A child that no fork handler saw: what is live is known from the block map, the rest is not. */
static void restart_counters(void) {
    counters_restart();
    blockmap_each(add_live, NULL);
    store_note(ARENA_NOTE_RAW_CLONE);
}

/* Without a prepared header: the arena's, whose owner goes on meanwhile. Of the strings there are
 * those of all modules. */
static void read_header(struct arena_header *header) {
    *header = *store.header;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    header->segment[ARENA_STRINGS].used = store.header->segment[ARENA_STRINGS].used;
    tree_count(header);
}

/* Of the parent's threads only the one that forked is here: nobody holds a lock any more. */
static int adopt(void) {
    int is_prepared = prepared.is_ours;
    lock_release();
    thread_reset_after_fork();
    if (!is_prepared)
        read_header(&prepared.header);
    if (store_fork(&prepared.header, is_prepared ? prepared.stats : NULL) != 0)
        return -1;
    ledger_restart();
    store.header->forked = 1;
    store.header->threads = 1;
    if (!is_prepared)
        restart_counters();
    counters_forget_copy();
    prepared.stats = NULL;
    prepared.is_ours = 0;
    identity_publish();
    return 0;
}

/* 0: another thread does it, or a signal handler came in between. The thread is waited for. */
static int begin_adoption(void) {
    enum { ROUNDS = 10000 };
    int expected = 0;
    for (int i = 0; i < ROUNDS; i++, expected = 0) {
        if (__atomic_compare_exchange_n(&adopting, &expected, 1, 0, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED))
            return 1;
        sys_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
    }
    return 0;
}

int session_adopt_child(void) {
    if (session_state != SESSION_ON || !begin_adoption())
        return 0;
    if (session_sentinel.is_recording == 0) {
        if (settings.children && store.may_grow && adopt() == 0)
            session_sentinel.is_recording = 1;
        else
            session_state = SESSION_OFF;
    }
    __atomic_store_n(&adopting, 0, __ATOMIC_RELEASE);
    return session_state == SESSION_ON;
}

static int is_wanted(void) {
    if (!settings.start)
        return 0;
    return settings.children || settings.only_pid == 0 ||
           settings.only_pid == (uint32_t)sys_getpid();
}

static int begin(unsigned lanes) {
    choose_directory();
    store.session = settings.session;
    blockmap_init(lanes);
    if (tree_init() != 0 || store_create() != 0)
        return -1;
    modules_init();
    make_sentinel();
    identity_describe(&settings);
    modules_find_all();
    unwind_init();
    thread_init();
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
    identity_publish();
    return 0;
}

void session_start(unsigned lanes) {
    session_state = SESSION_STARTING;
    if (settings_read(&settings) == 0 && is_wanted() && begin(lanes) == 0)
        session_state = SESSION_ON;
    else
        session_state = SESSION_OFF;
    session_sentinel.is_recording = session_state == SESSION_ON;
}

void session_loaded(int has_own_allocator) {
    struct thread *t = thread_self();
    if (session_state != SESSION_ON || t == NULL)
        return;
    if (has_own_allocator)
        store_note(ARENA_NOTE_OWN_ALLOCATOR);
    t->paused++; /* the loader allocates */
    if (unwind_load_libunwind() != 0)
        store_note(ARENA_NOTE_NO_LIBUNWIND);
    t->paused--;
}

/* Once system calls are restricted, the arena is all that is left behind. */
void session_finish(void) {
    if (session_state != SESSION_ON || session_sentinel.is_recording == 0 || !store.may_grow ||
        store.header->pid != (uint32_t)sys_getpid()) /* a vfork child shares our memory */
        return;
    final_mark();
    if (settings.session != 0)
        return;
    session_state = SESSION_OFF;
    session_sentinel.is_recording = 0;
    if (final_publish() == 0)
        store_unlink();
}

static void mark(uint32_t end) {
    if (session_state == SESSION_ON && session_sentinel.is_recording != 0 && store.may_grow &&
        store.header->pid == (uint32_t)sys_getpid())
        __atomic_store_n(&store.header->end, end, __ATOMIC_RELEASE);
}

void session_before_exec(void) {
    mark(ARENA_REPLACED);
}

void session_exec_failed(void) {
    mark(ARENA_RUNNING);
}

void session_limit_space(uint64_t bytes) {
    struct thread *t = thread_self();
    if (session_state != SESSION_ON || !session_is_recording() || !store.may_grow || t == NULL ||
        !lock_take(t))
        return;
    store_limit(bytes);
    lock_release();
}

void session_freeze(void) {
    struct thread *t = session_state == SESSION_ON ? thread_self() : NULL;
    if (t == NULL || !session_is_recording() || lock_never_yields || !lock_take(t))
        return;
    ledger_end(t);
    blockmap_grow_ahead();
    thread_make_ahead();
    unwind_rules_only();
    store_freeze();
    lock_release();
    lock_never_yields = 1;
}

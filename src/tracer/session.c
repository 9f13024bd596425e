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
#include "tracer/objects.h"
#include "tracer/session.h"
#include "tracer/settings.h"
#include "tracer/scope.h"
#include "tracer/store.h"
#include "tracer/thread.h"
#include "tracer/tracked.h"
#include "tracer/tree.h"
#include "unwind/unwind.h"

int session_state;
int session_began_late;
void (*session_resumed)(void);
static struct settings settings;
static unsigned lanes_wanted;
static uint32_t limit = 1;

struct session_sentinel session_sentinel __attribute__((aligned(ARCH_PAGE)));
_Static_assert(sizeof session_sentinel == ARCH_PAGE, "nothing else is wiped");

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
    sys_madvise(&session_sentinel, ARCH_PAGE, MADV_WIPEONFORK);
}

/* Starting, stopping and clearing exclude each other. */
static int control_lock;

/* Quiesces the recorders and keeps what the child needs; its pages are copied on write. When a
 * signal handler forks in the middle of an event, nothing is kept and the child restarts. */
static void before_fork(void) {
    struct thread *t = thread_self();
    if (session_state != SESSION_ON || session_sentinel.is_recording == 0 || t == NULL ||
        !store.may_grow)
        return;
    if (t->busy != NULL || !lock_take(t))
        return;
    tracked_before_fork();
    scope_before_fork();
    ledger_close(t);
    prepared.header = *store.header;
    ledger_add_events(&prepared.header.allocations, &prepared.header.frees);
    prepared.stats = settings.children ? counters_copy() : NULL;
}

static void after_fork_in_parent(void) {
    const struct thread *t = thread_peek();
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
    control_lock = 0;
    session_sentinel.is_recording = session_sentinel.is_in_place = 0;
    if (session_state == SESSION_STARTING) /* by a thread that is not here */
        session_state = SESSION_OFF;
    if (!settings.children)
        session_state = SESSION_OFF;
}

static void add_live(void *argument, uintptr_t at, struct block block) {
    (void)argument;
    (void)at;
    if (tree_is_current(block.site))
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

static int adopt(void) {
    int is_prepared = prepared.is_ours;
    lock_release();
    tracked_after_fork();
    scope_after_fork();
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

/* What a thread finds while another one stops or starts tracing is no child. */
static int is_child(void) {
    return session_state == SESSION_ON && session_sentinel.is_in_place == 0;
}

int session_adopt_child(void) {
    if (!is_child() || !begin_adoption())
        return session_sentinel.is_recording != 0;
    if (is_child()) {
        if (settings.children && store.may_grow && adopt() == 0)
            session_sentinel.is_in_place = session_sentinel.is_recording = 1;
        else
            session_state = SESSION_OFF;
    }
    __atomic_store_n(&adopting, 0, __ATOMIC_RELEASE);
    return session_sentinel.is_recording != 0;
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
    objects_restart();
    identity_publish();
    session_sentinel.is_in_place = 1;
    return 0;
}

void session_start(unsigned lanes) {
    session_state = SESSION_STARTING;
    lanes_wanted = lanes;
    if (settings_read(&settings) == 0 && is_wanted() && begin(lanes) == 0)
        session_state = SESSION_ON;
    else
        session_state = SESSION_OFF;
    if (session_state == SESSION_ON)
        limit = settings.nframe != 0 ? settings.nframe : HEAPLINE_NFRAME_MAX;
    session_sentinel.is_recording = session_state == SESSION_ON;
}

uint32_t session_limit(void) {
    return limit;
}

static int is_ours(void) {
    return store.header->pid == (uint32_t)sys_getpid();
}

/* A signal handler that interrupts us must not wait for the lock. */
static void forget(void) {
    struct guard guard;
    struct thread *t = thread_enter_anyway(&guard);
    if (t == NULL)
        return;
    if (!lock_take(t)) {
        thread_leave(t);
        return;
    }
    store.header->era++;
    tree_forget_begin();
    ledger_forget(t);
    tracked_forget();
    scope_forget();
    counters_forget();
    objects_restart();
    if (tree_forget_end() != 0)
        store_note(ARENA_NOTE_NO_MEMORY);
    unwind_objects_changed();
    store.header->era++;
    lock_release();
    thread_leave(t);
}

/* The arena is made at the first start; a forked child has its parent's. */
static int begin_again(void) {
    if (store.base == NULL)
        return begin(lanes_wanted);
    if (!is_ours() && adopt() != 0)
        return -1;
    session_sentinel.is_in_place = 1;
    forget();
    return 0;
}

static void unnote(enum arena_note note) {
    __atomic_fetch_and(&store.header->notes, ~(UINT64_C(1) << note), __ATOMIC_RELAXED);
}

static int resume(uint32_t nframe) {
    if (session_state != SESSION_OFF)
        return session_state == SESSION_ON ? 0 : -1;
    session_state = SESSION_STARTING;
    if (begin_again() != 0) {
        session_state = SESSION_OFF;
        return -1;
    }
    unnote(ARENA_NOTE_STOPPED);
    unnote(ARENA_NOTE_RAW_CLONE);
    if (store.header->threads == 0) /* us, from before there was a place to say so */
        store.header->threads = 1;
    session_began_late = 1;
    store.header->nframe = limit = nframe;
    session_state = SESSION_ON;
    session_sentinel.is_recording = 1;
    if (session_resumed != NULL)
        session_resumed();
    return 0;
}

int session_resume(uint32_t nframe) {
    int r;
    lock_spin(&control_lock);
    r = resume(nframe);
    lock_unspin(&control_lock);
    return r;
}

void session_hold(void) {
    lock_spin(&control_lock);
}

void session_let_go(void) {
    lock_unspin(&control_lock);
}

void session_suspend(void) {
    lock_spin(&control_lock);
    if (session_is_recording()) {
        session_state = SESSION_OFF;
        session_sentinel.is_recording = 0;
        store_note(ARENA_NOTE_STOPPED);
        forget();
    }
    lock_unspin(&control_lock);
}

void session_forget(void) {
    lock_spin(&control_lock);
    if (session_is_recording())
        forget();
    lock_unspin(&control_lock);
}

void session_loaded(int has_own_allocator) {
    static int is_done;
    struct thread *t = thread_self();
    if (session_state != SESSION_ON || t == NULL || is_done)
        return;
    is_done = 1;
    if (has_own_allocator)
        store_note(ARENA_NOTE_OWN_ALLOCATOR);
    t->paused++; /* the loader allocates */
    if (unwind_load_libunwind() != 0)
        store_note(ARENA_NOTE_NO_LIBUNWIND);
    t->paused--;
}

/* Once system calls are restricted, the arena is all that is left behind. */
void session_finish(void) {
    int is_stopped = session_state == SESSION_OFF;
    if (store.base == NULL || session_state == SESSION_STARTING || !store.may_grow ||
        (!is_stopped && session_sentinel.is_recording == 0) ||
        !is_ours()) /* a vfork child shares our memory */
        return;
    final_mark();
    if (settings.session != 0)
        return;
    session_state = SESSION_OFF;
    session_sentinel.is_recording = 0;
    if (!settings.writes || final_publish() == 0)
        store_unlink();
}

static void mark(uint32_t end) {
    if (session_state == SESSION_ON && session_sentinel.is_recording != 0 && store.may_grow &&
        is_ours())
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

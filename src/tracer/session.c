/* The life of recording in this process: it starts with the library or when the program asks,
 * stops, forgets, and ends. session_fork.c is about children. */
#include "base/absolute.h"
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
#include "tracer/store_file.h"
#include "tracer/thread.h"
#include "tracer/tracked.h"
#include "tracer/tree.h"
#include "unwind/unwind.h"

enum session_state session_state;
int session_began_late;
void (*session_resumed)(void);
static struct settings settings;
static unsigned lanes_wanted;
static uint32_t limit = 1;

struct session_sentinel session_sentinel __attribute__((aligned(ARCH_PAGE)));
_Static_assert(sizeof session_sentinel == ARCH_PAGE, "nothing else is wiped");

/* A copy: programs write over their environment, and change their directory. */
static void choose_directory(void) {
    struct text t;
    text_init(&t, store.chosen_directory, sizeof store.chosen_directory);
    if (settings.directory != NULL) /* the buffer is not in use yet */
        text_string(&t, absolute_path(settings.directory, store.directory, sizeof store.directory));
}

/* Without it (before Linux 4.14) only the fork handlers tell a child. */
static void make_sentinel(void) {
    sys_madvise(&session_sentinel, ARCH_PAGE, MADV_WIPEONFORK);
}

/* Starting, stopping and clearing exclude each other. */
static int control_lock;
static int loader_lock; /* of who asks the loader what there is */

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
    session_watch_forks(settings.children);
    objects_restart();
    identity_publish();
    session_set_place(1);
    return 0;
}

void session_start(unsigned lanes) {
    int is_on;
    session_enter(SESSION_STARTING);
    lanes_wanted = lanes;
    is_on = settings_read(&settings) == 0 && is_wanted() && begin(lanes) == 0;
    if (is_on)
        limit = settings.nframe != 0 ? settings.nframe : HEAPLINE_NFRAME_MAX;
    session_enter(is_on ? SESSION_ON : SESSION_OFF);
    session_set_recording(is_on);
}

uint32_t session_limit(void) {
    return __atomic_load_n(&limit, __ATOMIC_RELAXED);
}

static int is_ours(void) {
    return store.header->pid == (uint32_t)sys_getpid();
}

/* Odd while what can be read there is changing. */
static void next_era(void) {
    __atomic_thread_fence(__ATOMIC_RELEASE);
    __atomic_store_n(&store.header->era, store.header->era + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

/* A signal handler that interrupts us must not wait for the lock. */
int session_forget_now(void) {
    struct guard guard;
    struct thread *t = thread_enter_anyway(&guard);
    if (t == NULL)
        return -1;
    if (!lock_take(t)) {
        thread_leave(t);
        return -1;
    }
    next_era();
    tree_forget_begin();
    ledger_forget(t);
    tracked_forget();
    scope_forget();
    counters_forget();
    objects_restart();
    if (tree_forget_end() != 0)
        store_note(ARENA_NOTE_NO_MEMORY);
    unwind_objects_changed();
    next_era();
    lock_release();
    thread_leave(t);
    return 0;
}

/* The arena is made at the first start; a forked child has its parent's. */
static int begin_again(void) {
    if (store.base == NULL)
        return begin(lanes_wanted);
    if (!is_ours() && session_adopt() != 0)
        return -1;
    session_set_place(1);
    session_forget_now();
    return 0;
}

static void unnote(enum arena_note note) {
    __atomic_fetch_and(&store.header->notes, ~(UINT64_C(1) << note), __ATOMIC_RELAXED);
}

static int resume(uint32_t nframe) {
    if (session_now() != SESSION_OFF)
        return session_now() == SESSION_ON ? 0 : -1;
    session_enter(SESSION_STARTING);
    if (begin_again() != 0) {
        session_enter(SESSION_OFF);
        return -1;
    }
    unnote(ARENA_NOTE_STOPPED);
    unnote(ARENA_NOTE_RAW_CLONE);
    if (store.header->threads == 0) /* us, from before there was a place to say so */
        store.header->threads = 1;
    __atomic_store_n(&session_began_late, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&limit, nframe, __ATOMIC_RELAXED);
    store.header->nframe = nframe;
    session_enter(SESSION_ON);
    session_set_recording(1);
    lock_spin(&loader_lock);
    if (session_resumed != NULL)
        session_resumed();
    lock_unspin(&loader_lock);
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

int session_try_keep_from_loader(void) {
    return lock_try(&loader_lock);
}

void session_let_into_loader(void) {
    lock_unspin(&loader_lock);
}

void session_suspend(void) {
    lock_spin(&control_lock);
    if (session_is_recording()) {
        session_enter(SESSION_OFF);
        session_set_recording(0);
        store_note(ARENA_NOTE_STOPPED);
        session_forget_now();
    }
    lock_unspin(&control_lock);
}

void session_forget(void) {
    lock_spin(&control_lock);
    if (session_is_recording())
        session_forget_now();
    lock_unspin(&control_lock);
}

void session_loaded(int has_own_allocator) {
    static int is_done;
    struct thread *t = thread_self();
    if (session_now() != SESSION_ON || t == NULL || is_done)
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
    int is_stopped = session_now() == SESSION_OFF;
    if (store.base == NULL || session_now() == SESSION_STARTING || !store.may_grow ||
        (!is_stopped && !session_has_begun()) || !is_ours()) /* a vfork child shares our memory */
        return;
    final_mark();
    if (settings.session != 0)
        return;
    session_enter(SESSION_OFF);
    session_set_recording(0);
    if (!settings.writes || final_publish() == 0)
        store_unlink();
}

static void mark(uint32_t end) {
    if (session_now() == SESSION_ON && session_has_begun() && store.may_grow && is_ours())
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
    if (session_now() != SESSION_ON || !session_is_recording() || !store.may_grow || t == NULL ||
        !lock_take(t))
        return;
    store_limit(bytes);
    lock_release();
}

void session_freeze(void) {
    struct thread *t = session_now() == SESSION_ON ? thread_self() : NULL;
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

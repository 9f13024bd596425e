#include <string.h>
#include <sys/single_threaded.h>

#include "base/sys.h"
#include "tracer/barrier.h"
#include "tracer/counters.h"
#include "tracer/favour.h"
#include "tracer/ledger.h"
#include "tracer/lock.h"
#include "tracer/store.h"
#include "tracer/thread.h"
#include "tracer/tree.h"

/* How far below the peak the ledgers are opened: more, when that has proved to be soon over. */
enum { ROOM_LEAST = 32 << 10, ROOM_MOST = 64 << 20, GRANT_MOST = 1 << 20, SOON_OVER = 2000 };
/* So many allocations in a row, each a new peak, open the ledgers to allocations: more, when that
 * has proved to be soon over. */
enum { RISES_LEAST = 512, RISES_MOST = 1 << 20 };
enum { SPINS_BEFORE_YIELD = 100, ROUNDS_BEFORE_GIVING_UP = 2000000 };

uint32_t ledger_open;
static uint64_t room = ROOM_LEAST;
static uint32_t rises, rises_wanted = RISES_LEAST;
static uint64_t events_at_opening;

/* Only changed under the lock. */
static int is_open(void) {
    return __atomic_load_n(&ledger_open, __ATOMIC_RELAXED) != 0;
}

/* Gives one if need be; 0: there is no room. */
static int has_ledger(struct thread *t) {
    struct arena_extent *extent = &store.header->segment[ARENA_LEDGERS];
    if (t->ledger != NULL)
        return 1;
    if (store_reserve(ARENA_LEDGERS, 1) != 0)
        return 0;
    t->ledger = &store.ledgers[extent->used];
    __atomic_store_n(&extent->used, extent->used + 1, __ATOMIC_RELEASE);
    return 1;
}

void ledger_recover(void) {
    struct arena_transfer *t = &store.header->transfer;
    if (!t->active)
        return;
    store.stats[t->site] = t->after;
    memset(&store.ledgers[t->ledger].delta[t->delta], 0, sizeof(struct arena_delta));
    __atomic_store_n(&t->active, 0, __ATOMIC_RELEASE);
}

/* Moves a delta into its site's counters. Needs the lock. */
static void transfer(struct arena_ledger *ledger, uint32_t index) {
    struct arena_header *h = store.header;
    struct arena_delta *d = &ledger->delta[index];
    struct arena_stat after = store.stats[d->site];
    if (!h->rising) {
        counters_end_peak(h);
        counters_save_peak(h, &after);
    }
    counters_note_change(d->site);
    after.current_bytes += d->allocated_bytes - d->freed_bytes;
    after.current_count += d->allocated_count - d->freed_count;
    after.total_bytes += d->allocated_bytes;
    after.total_count += d->allocated_count;
    after.temporary += d->temporary;
    h->transfer.after = after;
    h->transfer.site = d->site;
    h->transfer.ledger = (uint32_t)(ledger - store.ledgers);
    h->transfer.delta = index;
    __atomic_store_n(&h->transfer.active, 1, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    ledger_recover();
}

static void transfer_all(struct thread *t) {
    for (uint32_t i = 0; i < ARENA_DELTAS / 64; i++)
        for (; t->deltas[i] != 0; t->deltas[i] &= t->deltas[i] - 1) {
            uint32_t index = i * 64 + (uint32_t)__builtin_ctzll(t->deltas[i]);
            if (t->ledger->delta[index].site != 0)
                transfer(t->ledger, index);
        }
}

static void take_back(struct thread *t) {
    store.header->current_bytes -= t->granted;
    t->granted = 0;
}

/* Until a thread has left its ledger; 0 if it does not (a signal handler interrupted it there and
 * blocks). What it holds then stays where it is, and counts as live: a peak's make-up may lack it,
 * which is said. */
static int await(const struct thread *t) {
    for (long round = 0; __atomic_load_n(&t->in_ledger, __ATOMIC_ACQUIRE); round++) {
        if (round % SPINS_BEFORE_YIELD == SPINS_BEFORE_YIELD - 1)
            sys_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
        if (round == ROUNDS_BEFORE_GIVING_UP) {
            store_count(&store.header->not_seen_events);
            return 0;
        }
        arch_pause();
    }
    return 1;
}

void ledger_add_events(uint64_t *allocations, uint64_t *frees) {
    uint64_t used = store.header->segment[ARENA_LEDGERS].used;
    for (uint64_t i = 0; i < used; i++) {
        *allocations += store.ledgers[i].allocations;
        *frees += store.ledgers[i].frees;
    }
}

static uint64_t count_events(void) {
    uint64_t allocations = 0, frees = 0;
    ledger_add_events(&allocations, &frees);
    return allocations + frees;
}

/* What was soon over needs more of a reason the next time. */
static uint64_t adapted(uint64_t reason, uint64_t least, uint64_t most) {
    uint64_t events = count_events() - events_at_opening;
    if (events < SOON_OVER)
        return reason < most ? reason * 2 : reason;
    return events > SOON_OVER && reason > least ? reason / 2 : reason;
}

/* Nobody enters a ledger from now on; who is in one can be seen. */
static void shut(void) {
    __atomic_store_n(&ledger_open, 0, __ATOMIC_RELAXED);
    barrier_issue();
}

/* Nothing but allocations since the last new peak: what is live now is the peak. */
static void end_rise(void) {
    struct arena_header *h = store.header;
    uint64_t current = ledger_current_bytes();
    if (current > h->peak_bytes)
        h->peak_bytes = current;
    h->at_peak = 1;
    __atomic_store_n(&h->rising, 0, __ATOMIC_RELEASE);
    rises = 0;
    rises_wanted = (uint32_t)adapted(rises_wanted, RISES_LEAST, RISES_MOST);
}

void ledger_close(struct thread *own) {
    if (!is_open())
        return;
    shut();
    for (struct thread *t = thread_list(); t != NULL; t = t->next) {
        if (t->ledger == NULL)
            continue;
        if (t != own && !await(t))
            continue;
        take_back(t);
        transfer_all(t);
    }
    if (store.header->rising)
        end_rise();
    else
        room = adapted(room, ROOM_LEAST, ROOM_MOST);
}

void ledger_end(struct thread *own) {
    ledger_close(own);
    favour_end();
    barrier_end();
}

void ledger_forget(struct thread *own) {
    if (is_open()) {
        shut();
        for (struct thread *t = thread_list(); t != NULL; t = t->next)
            if (t->ledger != NULL && t != own)
                await(t);
    }
    ledger_restart();
}

void ledger_restart(void) {
    __atomic_store_n(&ledger_open, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&store.header->rising, 0, __ATOMIC_RELAXED);
    memset(&store.header->transfer, 0, sizeof store.header->transfer);
    memset(store.ledgers, 0,
           store.header->segment[ARENA_LEDGERS].used * sizeof(struct arena_ledger));
    for (struct thread *t = thread_list(); t != NULL; t = t->next) {
        t->granted = 0;
        memset(t->deltas, 0, sizeof t->deltas);
    }
}

uint64_t ledger_current_bytes(void) {
    uint64_t granted = 0;
    for (struct thread *t = thread_list(); t != NULL; t = t->next)
        granted += __atomic_load_n(&t->granted, __ATOMIC_RELAXED);
    return __atomic_load_n(&store.header->current_bytes, __ATOMIC_RELAXED) - granted;
}

uint64_t ledger_peak_bytes(void) {
    uint64_t peak = __atomic_load_n(&store.header->peak_bytes, __ATOMIC_RELAXED), current;
    if (!__atomic_load_n(&store.header->rising, __ATOMIC_RELAXED))
        return peak;
    current = ledger_current_bytes();
    return current > peak ? current : peak;
}

/* None, also while a thread that does not answer has been granted more than there is. */
static uint64_t room_left(void) {
    uint64_t peak = store.header->peak_bytes, current = store.header->current_bytes;
    return peak > current ? peak - current : 0;
}

static void open_for(enum ledger_mode mode) {
    events_at_opening = count_events();
    __atomic_store_n(&store.header->rising, mode == LEDGER_RISING, __ATOMIC_RELAXED);
    __atomic_store_n(&ledger_open, mode, __ATOMIC_RELEASE);
}

static void open_if_worth_while(void) {
    if (is_open() || __libc_single_threaded)
        return;
    if (room_left() >= room && barrier_is_ready())
        open_for(LEDGER_BELOW_PEAK);
    else if (rises >= rises_wanted && barrier_is_ready())
        open_for(LEDGER_RISING);
}

static void grant(struct thread *t) {
    uint64_t bytes = store.header->rising ? GRANT_MOST : room_left() / 4;
    if (!is_open() || !has_ledger(t))
        return;
    t->granted = bytes < GRANT_MOST ? bytes : GRANT_MOST;
    store.header->current_bytes += t->granted;
}

/* The grant comes back, and the way is made free for the site's next events. */
static int begin_locked(struct thread *t, uint32_t site) {
    uint32_t index = site % ARENA_DELTAS;
    if (!lock_take(t))
        return 0;
    take_back(t);
    if (t->ledger != NULL && t->ledger->delta[index].site != 0 &&
        t->ledger->delta[index].site != site)
        transfer(t->ledger, index);
    return 1;
}

/* The same for all but allocations, which end a rise. */
static int begin_fall(struct thread *t, uint32_t site) {
    if (!begin_locked(t, site))
        return 0;
    rises = 0;
    if (store.header->rising)
        ledger_close(t);
    return 1;
}

static int end_locked(struct thread *t) {
    if (favour_is_due(t, is_open())) {
        ledger_close(t);
        favour_give(t);
    } else if (!favour_is_given()) {
        open_if_worth_while();
        grant(t);
    }
    lock_release();
    return 1;
}

/* The site's place in the thread's own ledger, which is free or its own. */
static struct arena_delta *use_delta(struct thread *t, uint32_t site) {
    uint32_t index = site % ARENA_DELTAS;
    t->deltas[index / 64] |= UINT64_C(1) << index % 64;
    t->ledger->delta[index].site = site;
    return &t->ledger->delta[index];
}

static void add_growth(struct thread *t, struct arena_delta *d, uint64_t bytes, unsigned blocks) {
    d->allocated_bytes += bytes;
    d->allocated_count += blocks;
    t->ledger->allocations += blocks;
}

/* While all rise the sum is known to nobody: also what needs the lock goes into the ledger. Not
 * what sets no new peak: the first of equal ones counts. 0: not so. */
static int grown_rising(struct thread *t, uint32_t site, uint64_t bytes, unsigned blocks) {
    if (!store.header->rising)
        return 0;
    if (bytes == 0 || !has_ledger(t)) {
        ledger_close(t);
        return 0;
    }
    store.header->current_bytes += bytes;
    add_growth(t, use_delta(t, site), bytes, blocks);
    return 1;
}

static void grown_alone(struct thread *t, uint32_t site, uint64_t bytes, unsigned blocks) {
    if (bytes > room_left())
        ledger_close(t);
    counters_grown(site, bytes, blocks);
    rises = store.header->at_peak ? rises + 1 : 0;
}

/* `blocks`: 1, or 0 when a block changes its size. */
static int grown_locked(struct thread *t, uint32_t site, uint64_t bytes, unsigned blocks) {
    if (!begin_locked(t, site))
        return 0;
    if (tree_is_current(site) && /* else traces were cleared meanwhile */
        !grown_rising(t, site, bytes, blocks))
        grown_alone(t, site, bytes, blocks);
    return end_locked(t);
}

static int freed_locked(struct thread *t, uint32_t site, uint64_t size, int temporary) {
    if (!begin_fall(t, site))
        return 0;
    if (tree_is_current(site))
        counters_freed(site, size, temporary);
    return end_locked(t);
}

static int shrunk_locked(struct thread *t, uint32_t site, uint64_t bytes) {
    if (!begin_fall(t, site))
        return 0;
    if (tree_is_current(site))
        counters_shrunk(site, bytes, 0);
    return end_locked(t);
}

/* The site's delta in the thread's own ledger, open at least in this mode; NULL: not now. leave()
 * must follow. */
static inline struct arena_delta *enter(struct thread *t, uint32_t site, enum ledger_mode least) {
    struct arena_delta *d;
    __atomic_store_n(&t->in_ledger, 1, __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(&ledger_open, __ATOMIC_ACQUIRE) < least || t->ledger == NULL ||
        !tree_is_current(site))
        return NULL;
    d = &t->ledger->delta[site % ARENA_DELTAS];
    if (d->site == site)
        return d;
    return d->site == 0 ? use_delta(t, site) : NULL;
}

static inline void leave(struct thread *t) {
    __atomic_store_n(&t->in_ledger, 0, __ATOMIC_RELEASE);
}

/* The favourite has closed the ledgers, and counts as if there were no other thread. Traces may
 * have been cleared meanwhile. */
static int grown_favoured(struct thread *t, uint32_t site, uint64_t bytes, unsigned blocks) {
    if (tree_is_current(site))
        counters_grown(site, bytes, blocks);
    favour_leave(t);
    return 1;
}

static inline int grown(struct thread *t, uint32_t site, uint64_t bytes, unsigned blocks) {
    struct arena_delta *d;
    if (favour_enter(t))
        return grown_favoured(t, site, bytes, blocks);
    d = enter(t, site, LEDGER_RISING);
    if (d == NULL || bytes - 1 >= t->granted) { /* more than that, or nothing */
        leave(t);
        return grown_locked(t, site, bytes, blocks);
    }
    t->granted -= bytes;
    add_growth(t, d, bytes, blocks);
    leave(t);
    return 1;
}

int ledger_allocated(struct thread *t, uint32_t site, uint64_t size) {
    return grown(t, site, size, 1);
}

int ledger_grown(struct thread *t, uint32_t site, uint64_t bytes) {
    return grown(t, site, bytes, 0);
}

static int freed_favoured(struct thread *t, uint32_t site, uint64_t size, int temporary) {
    if (tree_is_current(site))
        counters_freed(site, size, temporary);
    favour_leave(t);
    return 1;
}

int ledger_freed(struct thread *t, uint32_t site, uint64_t size, int temporary) {
    struct arena_delta *d;
    if (favour_enter(t))
        return freed_favoured(t, site, size, temporary);
    d = enter(t, site, LEDGER_BELOW_PEAK);
    if (d == NULL) {
        leave(t);
        return freed_locked(t, site, size, temporary);
    }
    t->granted += size;
    d->freed_bytes += size;
    d->freed_count++;
    d->temporary += (uint32_t)temporary;
    t->ledger->frees++;
    leave(t);
    return 1;
}

static int shrunk_favoured(struct thread *t, uint32_t site, uint64_t bytes) {
    if (tree_is_current(site))
        counters_shrunk(site, bytes, 0);
    favour_leave(t);
    return 1;
}

int ledger_shrunk(struct thread *t, uint32_t site, uint64_t bytes) {
    struct arena_delta *d;
    if (favour_enter(t))
        return shrunk_favoured(t, site, bytes);
    d = enter(t, site, LEDGER_BELOW_PEAK);
    if (d == NULL) {
        leave(t);
        return shrunk_locked(t, site, bytes);
    }
    t->granted += bytes;
    d->freed_bytes += bytes;
    leave(t);
    return 1;
}

int ledger_lost(struct thread *t, uint32_t site, uint64_t size) {
    if (!begin_fall(t, site))
        return 0;
    if (tree_is_current(site))
        counters_lost(site, size);
    return end_locked(t);
}

#include <check.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "store_fixture.h"
#include "suite.h"
#include "tracer/counters.h"
#include "tracer/favour.h"
#include "tracer/ledger.h"
#include "tracer/lock.h"
#include "tracer/store.h"
#include "tracer/thread.h"

enum { SITES = 300, THREADS = 4, STEPS = 60000, LIVE_MAX = 20000 };

/* What must be said, kept the slow way: everything is copied at every new maximum. */
struct sums {
    uint64_t bytes[SITES], count[SITES];
};
static struct sums now, at_maximum;
static uint64_t live_bytes, maximum, allocations, frees, steps_open, steps_rising, steps_favoured;

static struct {
    uint32_t site;
    uint64_t size;
} live[LIVE_MAX];
static int live_count;

static void setup(void) {
    store_fixture(SITES);
    thread_init();
}

/* As a reader of the arena adds up. */
static void add_ledgers(struct sums *s) {
    for (uint64_t l = 0; l < store.header->segment[ARENA_LEDGERS].used; l++)
        for (int j = 0; j < ARENA_DELTAS; j++) {
            const struct arena_delta *d = &store.ledgers[l].delta[j];
            s->bytes[d->site] += d->allocated_bytes - d->freed_bytes;
            s->count[d->site] += d->allocated_count - d->freed_count;
        }
}

static struct sums read_now(void) {
    struct sums s;
    for (uint32_t i = 0; i < SITES; i++) {
        s.bytes[i] = store.stats[i].current_bytes;
        s.count[i] = store.stats[i].current_count;
    }
    add_ledgers(&s);
    return s;
}

static struct sums read_peak(void) {
    struct sums s;
    for (uint32_t i = 0; i < SITES; i++) {
        const struct arena_stat *stat = &store.stats[i];
        int saved = !store.header->at_peak && stat->epoch == store.header->epoch;
        s.bytes[i] = saved ? stat->peak_bytes : stat->current_bytes;
        s.count[i] = saved ? stat->peak_count : stat->current_count;
    }
    if (store.header->rising)
        add_ledgers(&s);
    return s;
}

static void compare(void) {
    struct sums current = read_now(), peak = read_peak();
    uint64_t counted[2] = {store.header->allocations, store.header->frees};
    ledger_add_events(&counted[0], &counted[1]);
    ck_assert_mem_eq(&current, &now, sizeof now);
    ck_assert_mem_eq(&peak, &at_maximum, sizeof now);
    ck_assert_uint_eq(ledger_peak_bytes(), maximum);
    ck_assert_uint_eq(ledger_current_bytes(), live_bytes);
    ck_assert_uint_eq(counted[0], allocations);
    ck_assert_uint_eq(counted[1], frees);
}

static void allocate(struct thread *t, uint32_t site, uint64_t size) {
    ck_assert_int_eq(ledger_allocated(t, site, size), 1);
    live[live_count].site = site;
    live[live_count++].size = size;
    now.bytes[site] += size;
    now.count[site]++;
    allocations++;
    live_bytes += size;
    if (live_bytes > maximum) {
        maximum = live_bytes;
        at_maximum = now;
    }
}

static void release(struct thread *t, int i) {
    uint32_t site = live[i].site;
    ck_assert_int_eq(ledger_freed(t, site, live[i].size, 0), 1);
    now.bytes[site] -= live[i].size;
    now.count[site]--;
    frees++;
    live_bytes -= live[i].size;
    live[i] = live[--live_count];
}

/* Of nothing now and then, which sets no new maximum. */
static uint64_t any_size(void) {
    if (rand() % 3000 == 0)
        return 0;
    return rand() % 50 ? 1 + (uint64_t)rand() % 400 : (uint64_t)rand() % 100000;
}

/* Rises and falls in waves of different heights, so that peaks come, and calm between them. */
static void step(struct thread *t, int number) {
    static const int shares[] = {80, 20, 100, 60, 35, 90, 100, 10};
    int share = shares[number / 3000 % 8];
    if (live_count == 0 || (live_count < LIVE_MAX && rand() % 100 < share))
        allocate(t, 1 + (uint32_t)rand() % (SITES - 1), any_size());
    else
        release(t, rand() % live_count);
    steps_open += ledger_open != LEDGER_CLOSED;
    steps_rising += ledger_open == LEDGER_RISING;
    steps_favoured += favourite == t;
    ck_assert(favourite == NULL || ledger_open == LEDGER_CLOSED);
}

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static int next_step, longest = 20;

/* How many steps a thread takes in its turn: few, but now and then as many as it may. */
static int burst(void) {
    return longest > 20 && rand() % 500 == 0 ? longest : rand() % 20;
}

static void *work(void *unused) {
    struct thread *t = thread_self();
    (void)unused;
    for (int more = 1; more;) {
        pthread_mutex_lock(&turn);
        more = next_step < STEPS;
        for (int left = burst(); more && left >= 0; left--)
            step(t, next_step++);
        if (next_step % 64 == 0)
            compare();
        pthread_mutex_unlock(&turn);
    }
    return NULL;
}

static void run_threads(unsigned seed) {
    pthread_t threads[THREADS];
    srand(seed);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

START_TEST(taking_turns_equals_the_model) {
    run_threads((unsigned)_i + 1);
    compare();
    ck_assert_uint_gt(steps_open, STEPS / 10); /* else nothing was tested */
    ck_assert_uint_lt(steps_open, STEPS);
    ck_assert_uint_gt(steps_rising, STEPS / 200);
    ledger_close(thread_self());
    ck_assert_uint_eq(store.header->current_bytes, live_bytes);
    ck_assert_uint_eq(store.header->transfer.active, 0);
    compare();
}
END_TEST

START_TEST(once_ended_they_stay_closed) {
    ledger_end(thread_self());
    longest = 12000;
    run_threads(7);
    compare();
    ck_assert_uint_eq(steps_open + steps_favoured, 0);
}
END_TEST

START_TEST(a_favourite_equals_the_model) {
    longest = 30000;
    run_threads((unsigned)_i + 1);
    compare();
    ck_assert_uint_gt(steps_favoured, 0);
    ledger_close(thread_self());
    compare();
}
END_TEST

static void *wait_for_turn(void *unused) {
    (void)unused;
    pthread_mutex_lock(&turn);
    pthread_mutex_unlock(&turn);
    return NULL;
}

/* Each allocation a new peak, and each free the end of it: nobody has room to count alone. */
static void count_at_the_peak(struct thread *t, int times) {
    for (int i = 0; i < times; i++) {
        ledger_allocated(t, 5, 100 + (uint64_t)i);
        ledger_freed(t, 5, 100 + (uint64_t)i, 0);
    }
}

/* The calling thread, while there is another one. */
static pthread_t become_favourite(void) {
    pthread_t other;
    pthread_mutex_lock(&turn);
    pthread_create(&other, NULL, wait_for_turn, NULL);
    count_at_the_peak(thread_self(), 5000);
    ck_assert_ptr_eq(favourite, thread_self());
    return other;
}

static void *take_lock(void *taken) {
    *(int *)taken = lock_take(thread_self());
    if (*(int *)taken)
        lock_release();
    return NULL;
}

static int another_takes_the_lock(void) {
    pthread_t thread;
    int taken = -1;
    pthread_create(&thread, NULL, take_lock, &taken);
    pthread_join(thread, NULL);
    return taken;
}

START_TEST(a_favourite_has_the_lock_to_itself) {
    struct thread *t = thread_self();
    pthread_t other = become_favourite();
    ck_assert_int_eq(lock_take(t), 1);
    ck_assert_ptr_eq(favourite, t);
    lock_release();
    ck_assert_int_eq(favour_enter(t), 1);
    ck_assert_int_eq(lock_take(t), 0); /* as a signal handler would that comes in between */
    lock_patience = 3;
    ck_assert_int_eq(another_takes_the_lock(), 0);
    ck_assert_ptr_null(favourite);
    ck_assert_int_eq(another_takes_the_lock(), 0); /* it is still inside */
    favour_leave(t);
    ck_assert_int_eq(another_takes_the_lock(), 1);
    ck_assert_int_eq(favour_enter(t), 0);
    pthread_mutex_unlock(&turn);
    pthread_join(other, NULL);
}
END_TEST

/* With somebody coming in between, at any moment. */
static void *disturb(void *number) {
    struct thread *t = thread_self();
    for (int i = 0; i < 200; i++) {
        ledger_allocated(t, 7 + (uint32_t)(uintptr_t)number, 10);
        for (volatile int pause = 0; pause < 20000; pause++)
            continue;
    }
    return NULL;
}

START_TEST(who_comes_in_between_loses_nothing) {
    enum { TIMES = 400000 };
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, disturb, (void *)i);
    count_at_the_peak(thread_self(), TIMES);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ledger_close(thread_self());
    struct sums s = read_now();
    uint64_t events[2] = {store.header->allocations, store.header->frees};
    ledger_add_events(&events[0], &events[1]);
    for (int i = 0; i < THREADS; i++)
        ck_assert_uint_eq(s.bytes[7 + i], 2000);
    ck_assert_uint_eq(s.bytes[5] + s.count[5], 0);
    ck_assert_uint_eq(events[0], TIMES + 200 * THREADS);
    ck_assert_uint_eq(events[1], TIMES);
    ck_assert_uint_eq(store.header->current_bytes, 2000 * THREADS);
}
END_TEST

/* Without turns: only what does not depend on the order is known. */
static void *alone(void *number) {
    struct thread *t = thread_self();
    uint32_t site = 1 + (uint32_t)(uintptr_t)number * 37;
    for (int i = 0; i < 20000; i++) {
        ledger_allocated(t, site + (uint32_t)i % 150, 100);
        if (i % 5)
            ledger_freed(t, site + (uint32_t)i % 150, 100, 1);
    }
    return NULL;
}

START_TEST(nothing_is_lost_at_once) {
    pthread_t threads[THREADS];
    uint64_t bytes = 0, count = 0, temporary = 0;
    ledger_allocated(thread_self(), 1, 1 << 24); /* a peak to stay away from */
    ledger_freed(thread_self(), 1, 1 << 24, 0);
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, alone, (void *)i);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ledger_close(thread_self());
    for (uint32_t i = 0; i < SITES; i++) {
        bytes += store.stats[i].current_bytes;
        count += store.stats[i].current_count;
        temporary += store.stats[i].temporary;
    }
    ck_assert_uint_eq(count, THREADS * 20000 / 5);
    ck_assert_uint_eq(bytes, count * 100);
    ck_assert_uint_eq(temporary, THREADS * 20000 / 5 * 4);
    ck_assert_uint_eq(store.header->current_bytes, bytes);
    ck_assert_uint_eq(store.header->peak_bytes, 1 << 24);
}
END_TEST

/* All of them allocate only: every maximum is a new one, whoever sets it. */
static void *rise(void *number) {
    struct thread *t = thread_self();
    uint32_t site = 1 + (uint32_t)(uintptr_t)number * 37;
    for (int i = 0; i < 20000; i++)
        ledger_allocated(t, site + (uint32_t)i % 150, 1 + (uint64_t)i % 3000);
    return NULL;
}

START_TEST(a_common_rise_is_one_peak) {
    pthread_t threads[THREADS];
    struct sums peak;
    uint64_t bytes = 0, count = 0;
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, rise, (void *)i);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(ledger_open, LEDGER_RISING);
    for (int closed = 0; closed < 2; closed++, bytes = count = 0) {
        peak = read_peak();
        for (uint32_t i = 0; i < SITES; i++) {
            bytes += peak.bytes[i];
            count += peak.count[i];
        }
        ck_assert_uint_eq(count, THREADS * 20000);
        ck_assert_uint_eq(bytes, ledger_current_bytes());
        ck_assert_uint_eq(bytes, ledger_peak_bytes());
        ledger_freed(thread_self(), 1, 1, 0);
        ledger_allocated(thread_self(), 1, 1); /* the first maximum stays */
    }
    ck_assert_uint_eq(store.header->rising, 0);
}
END_TEST

START_TEST(a_restart_forgets_what_ledgers_hold) {
    run_threads(3);
    ledger_restart();
    uint64_t counted[2] = {0, 0};
    ledger_add_events(&counted[0], &counted[1]);
    ck_assert_uint_eq(counted[0] + counted[1], 0);
    struct sums s = read_now();
    for (uint32_t i = 0; i < SITES; i++)
        ck_assert_uint_eq(s.bytes[i], store.stats[i].current_bytes);
    ck_assert_uint_eq(ledger_open, 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("ledger");
    TCase *c = tcase_create("ledger");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, NULL);
    tcase_add_loop_test(c, taking_turns_equals_the_model, 0, 6);
    tcase_add_test(c, once_ended_they_stay_closed);
    tcase_add_loop_test(c, a_favourite_equals_the_model, 0, 4);
    tcase_add_test(c, a_favourite_has_the_lock_to_itself);
    tcase_add_test(c, who_comes_in_between_loses_nothing);
    tcase_add_test(c, nothing_is_lost_at_once);
    tcase_add_test(c, a_common_rise_is_one_peak);
    tcase_add_test(c, a_restart_forgets_what_ledgers_hold);
    suite_add_tcase(suite, c);
    return suite_run(suite);
}

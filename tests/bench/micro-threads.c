// The works of `micro` that have threads.
#include "micro.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    RING = 16,       // chunks of
    CHUNK = 256,     // blocks
    BIG = 256 << 20, // bytes: lifts the peak out of reach
    MAX_THREADS = 64,
};

static void keep(struct job *job, long count) {
    for (long i = 0; i < count; i++)
        *job->blocks++ = malloc(BLOCK);
}

// Threads: each waits for the others, then takes the time itself.
static pthread_barrier_t all_ready;

static void timed_together(struct job *job, void (*work)(struct job *, long), bool whole) {
    pthread_barrier_wait(&all_ready);
    micro_timed(job, work, CLOCK_MONOTONIC, whole);
}

static void pairs_in_thread(void *argument) {
    struct job *job = argument;
    micro_pairs(job, job->count / SLICES);
    timed_together(job, micro_pairs, false);
}

static void growth_in_thread(void *argument) {
    struct job *job = argument;
    job->blocks = calloc((size_t)job->count, sizeof *job->blocks);
    timed_together(argument, keep, true);
}

static void *thread_of_pairs(void *job) {
    micro_at_depth(SHALLOW, pairs_in_thread, job);
    return NULL;
}

static void *thread_of_growth(void *job) {
    micro_at_depth(SHALLOW, growth_in_thread, job);
    return NULL;
}

// Nanoseconds from the first beginning to the last end of threads that run `bodies`, divided by
// all their operations.
static double run_threads(long threads, void *(*const bodies[])(void *), long count) {
    pthread_t ids[MAX_THREADS];
    struct job jobs[MAX_THREADS];
    pthread_barrier_init(&all_ready, NULL, (unsigned)threads);
    for (long i = 0; i < threads; i++) {
        jobs[i] = (struct job){.count = count};
        pthread_create(&ids[i], NULL, bodies[i], &jobs[i]);
    }
    struct job all = {0};
    for (long i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        all.count += jobs[i].count;
        if (i == 0 || jobs[i].begin < all.begin)
            all.begin = jobs[i].begin;
        if (jobs[i].end > all.end)
            all.end = jobs[i].end;
    }
    return micro_per_operation(&all);
}

static double run_alike(long threads, void *(*body)(void *), long count) {
    void *(*bodies[MAX_THREADS])(void *);
    if (threads > MAX_THREADS)
        exit(2);
    for (long i = 0; i < threads; i++)
        bodies[i] = body;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return run_threads(threads, bodies, count) * (double)(threads < cores ? threads : cores);
}

double micro_away_from_peak(long threads, long count) {
    void *big = malloc(BIG);
    hold(big);
    free(big);
    return run_alike(threads, thread_of_pairs, count);
}

double micro_ramp_up(long threads, long count) {
    return run_alike(threads, thread_of_growth, count);
}

// One producer and one consumer around a ring of chunks, so that they seldom meet.
static struct chunk {
    _Alignas(64) atomic_bool full;
    void *blocks[CHUNK];
} ring[RING];

static void await(const struct chunk *chunk, bool full) {
    while (atomic_load_explicit(&chunk->full, memory_order_acquire) != full)
        sched_yield();
}

static void produce(struct job *job, long count) {
    (void)job;
    for (long i = 0; i < count / CHUNK; i++) {
        struct chunk *chunk = &ring[i % RING];
        await(chunk, false);
        for (int k = 0; k < CHUNK; k++)
            chunk->blocks[k] = malloc(BLOCK);
        atomic_store_explicit(&chunk->full, true, memory_order_release);
    }
}

static void consume(struct job *job, long count) {
    (void)job;
    for (long i = 0; i < count / CHUNK; i++) {
        struct chunk *chunk = &ring[i % RING];
        await(chunk, true);
        for (int k = 0; k < CHUNK; k++)
            free(chunk->blocks[k]);
        atomic_store_explicit(&chunk->full, false, memory_order_release);
    }
}

static void produce_in_thread(void *job) {
    timed_together(job, produce, true);
}

static void consume_in_thread(void *job) {
    timed_together(job, consume, true);
}

static void *producer(void *job) {
    micro_at_depth(SHALLOW, produce_in_thread, job);
    return NULL;
}

static void *consumer(void *job) {
    micro_at_depth(SHALLOW, consume_in_thread, job);
    return NULL;
}

double micro_hand_over(long unused, long count) {
    (void)unused;
    // A block counts as one operation of each.
    return run_threads(2, (void *(*[])(void *)){producer, consumer}, count) * 2;
}

static void ten_pairs(void *unused) {
    (void)unused;
    micro_pairs(NULL, 10);
}

static void *short_thread(void *unused) {
    micro_at_depth(SHALLOW, ten_pairs, unused);
    return NULL;
}

double micro_churn(long unused, long count) {
    (void)unused;
    double begin = micro_now(CLOCK_MONOTONIC);
    for (long i = 0; i < count; i++) {
        pthread_t id;
        pthread_create(&id, NULL, short_thread, NULL);
        pthread_join(id, NULL);
    }
    return (micro_now(CLOCK_MONOTONIC) - begin) / (double)count;
}

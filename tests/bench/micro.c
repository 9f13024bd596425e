// micro WORK NUMBER NUMBER: allocation in its pure forms; prints nanoseconds per operation.
// One thread is measured by its own CPU clock, several by wall clock times the cores they can use,
// so that all figures are nanoseconds of one core. Call paths are made of two functions that call
// each other, so that frames differ in size and return address as they do in programs.
#include "micro.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INNER_LEVELS = 6 }; // as many calls differ among 64 paths

// Calls `body` through `levels` functions; bit i of `turns` chooses the function at level i.
struct walk {
    uint32_t turns;
    void (*body)(void *);
    void *argument;
};

static void left(const struct walk *walk, int levels);
static void right(const struct walk *walk, int levels);

static inline void turn(const struct walk *walk, int levels) {
    if (levels <= 1)
        walk->body(walk->argument);
    else if (walk->turns >> (levels & 31) & 1)
        right(walk, levels - 1);
    else
        left(walk, levels - 1);
}

// What is held after the call keeps it from becoming a jump.
__attribute__((noinline)) static void left(const struct walk *walk, int levels) {
    char room[24];
    turn(walk, levels);
    hold(room);
}

__attribute__((noinline)) static void right(const struct walk *walk, int levels) {
    char room[88];
    turn(walk, levels);
    hold(room);
}

void micro_at_depth(long depth, void (*body)(void *), void *argument) {
    left(&(struct walk){0x5aa5c33c, body, argument}, (int)depth - OUTER_FRAMES);
}

double micro_now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static uint32_t random_next(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

// Not by a division: one whose divisor lies in memory keeps some processors from going on with what
// comes behind a miss.
static uint32_t random_below(uint32_t random, size_t limit) {
    return (uint32_t)(random * (uint64_t)limit >> 32);
}

void micro_pairs(struct job *job, long count) {
    (void)job;
    for (long i = 0; i < count; i++) {
        void *block = malloc(BLOCK);
        hold(block);
        free(block);
    }
}

static void one_pair(void *unused) {
    (void)unused;
    micro_pairs(NULL, 1);
}

static void pairs_on_paths(struct job *job, long count) {
    for (long i = 0; i < count; i++) {
        // Level 1 is the end of a walk: bit 2 is the innermost choice.
        uint32_t path = random_below(random_next(&job->random), job->variety);
        left(&(struct walk){path << 2, one_pair, NULL}, INNER_LEVELS + 1);
    }
}

static void replace(struct job *job, long count) {
    for (long i = 0; i < count; i++) {
        uint32_t random = random_next(&job->random);
        void **block = job->blocks + random_below(random, job->variety);
        free(*block);
        *block = malloc(16 + (random & 0xffff) % 112);
    }
}

void micro_timed(struct job *job, void (*work)(struct job *, long), clockid_t clock, bool whole) {
    long slice = whole ? job->count : job->count / SLICES;
    long done = 0;
    job->begin = micro_now(clock);
    do {
        work(job, slice);
        done += slice;
        job->end = micro_now(clock);
    } while (done < job->count && job->end - job->begin < ENOUGH);
    job->count = done;
}

static void measure(struct job *job, void (*work)(struct job *, long)) {
    work(job, job->count / SLICES);
    micro_timed(job, work, CLOCK_THREAD_CPUTIME_ID, false);
}

static void measure_pairs(void *job) {
    measure(job, micro_pairs);
}

static void measure_paths(void *job) {
    measure(job, pairs_on_paths);
}

static void measure_replacement(void *argument) {
    struct job *job = argument;
    job->blocks = calloc((size_t)job->variety, sizeof *job->blocks);
    for (long i = 0; i < job->variety; i++)
        job->blocks[i] = malloc(16 + random_next(&job->random) % 112);
    measure(job, replace);
}

double micro_per_operation(const struct job *job) {
    return (job->end - job->begin) / (double)job->count;
}

static double pair(long depth, long count) {
    struct job job = {.count = count};
    micro_at_depth(depth, measure_pairs, &job);
    return micro_per_operation(&job);
}

static double paths(long variety, long count) {
    struct job job = {.count = count, .variety = variety, .random = 1};
    micro_at_depth(DEPTH - INNER_LEVELS - 1, measure_paths, &job);
    return micro_per_operation(&job);
}

static double live(long blocks, long count) {
    struct job job = {.count = count, .variety = blocks, .random = 1};
    micro_at_depth(SHALLOW, measure_replacement, &job);
    return micro_per_operation(&job);
}

static void one_block(void *unused) {
    (void)unused;
    hold(malloc(16));
}

// Not a measurement: as many call paths as asked for, then stays until standard input ends.
static double stay(long unused, long variety) {
    (void)unused;
    int levels = 1;
    while (1L << (levels - 1) < variety)
        levels++;
    for (long i = 0; i < variety; i++)
        left(&(struct walk){(uint32_t)i << 2, one_block, NULL}, levels);
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF)
        continue;
    return 0;
}

static const struct {
    const char *name;
    double (*run)(long, long);
} works[] = {
    {"pair", pair},                    // DEPTH COUNT
    {"paths", paths},                  // PATHS COUNT
    {"live", live},                    // BLOCKS COUNT
    {"threads", micro_away_from_peak}, // THREADS COUNT
    {"ramp-up", micro_ramp_up},        // THREADS COUNT
    {"hand-over", micro_hand_over},    // 0 COUNT
    {"churn", micro_churn},            // 0 THREADS
    {"stay", stay},                    // 0 PATHS
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc == 4 && i < sizeof works / sizeof *works; i++)
        if (strcmp(argv[1], works[i].name) == 0) {
            printf("%.3f\n", works[i].run(atol(argv[2]), atol(argv[3])));
            return 0;
        }
    fputs("usage: micro WORK NUMBER NUMBER\n", stderr);
    return 2;
}

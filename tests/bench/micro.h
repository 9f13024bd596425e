// What the halves of `micro` share: micro.c has one thread and main, micro-threads.c the others.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum {
    OUTER_FRAMES = 6, // from _start to the first of a walk's, and the one that allocates
    DEPTH = 25,       // where depth is not what varies
    SHALLOW = 10,
    BLOCK = 48,
    SLICES = 20,
    ENOUGH = 500000000, // ns: measured loops of a slow tool end early
};

// One measured loop of `count` operations, and when it began and ended.
struct job {
    long count;
    long variety; // paths, or blocks
    uint32_t random;
    void **blocks;
    double begin, end;
};

// Keeps the compiler from leaving out what made the pointer.
static inline void hold(void *pointer) {
    __asm__ volatile("" : : "r"(pointer) : "memory");
}

// Nanoseconds.
double micro_now(clockid_t clock);

// Calls `body` with `depth` frames on the stack.
void micro_at_depth(long depth, void (*body)(void *), void *argument);

// `count` pairs of malloc and free; the job may be NULL.
void micro_pairs(struct job *job, long count);

// Measures `job->count` operations, or what of them ENOUGH allows; `whole`: all, in one call.
void micro_timed(struct job *job, void (*work)(struct job *, long), clockid_t clock, bool whole);

double micro_per_operation(const struct job *job);

// Works with threads; each returns nanoseconds of a core for one operation.
double micro_away_from_peak(long threads, long count);
double micro_ramp_up(long threads, long count);
double micro_hand_over(long unused, long count);
double micro_churn(long unused, long count);

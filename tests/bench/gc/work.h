/* What the works of `make bench-gc` share. Each program is the same works, compiled for one peer:
 * the runtime, CPython's C API, or a floor. PEER names the header with its operations, all of them
 * inlined down to the calls that a user of that peer writes, so that every peer does the same work.
 *
 * A peer defines what it HAS, and of that:
 *
 *   peer_start, peer_events                  finalizers and weak references' callbacks run so far
 *   hold, drop                               one reference more, one fewer; drop_all: and with it
 *                                            all that only it held
 *   NODES      node_new(kind), node_fill     two fields; filled by references moved into a new node
 *   COMPANIONS companions_drop               after drop_all, where node_new takes ACCOMPANIED
 *   EDGES      node_set                      replaces a field's reference by a new one
 *   INTS       int_new
 *   INSTANCES  instance_new, instance_set    of a class with two slots, through the generic calls
 *              and the other objects whose memory is measured
 *   LISTS      list_new, list_append, list_length, list_drop
 *   DICTS      dict_new, dict_set, dict_get, dict_length; dict_get gives a new reference
 *   GC         gc_enable, gc_collect
 *              gc_total                      collected so far
 *              gc_forget                     the next collection looks at everything
 *   GENERATIONS
 *              gc_slice                      collections in short steps, where the peer has them
 *              gc_watch                      calls fn(stop, generation) around each collection
 *
 * A program has one thread and prints one figure. Failures abort. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* PLAIN nodes, or every tenth one FINALIZED (it has a finalizer) or WATCHED (a weak reference with
 * a callback leads to it, and dies there). ACCOMPANIED: with it comes an object as large as a weak
 * reference that nobody has to do anything for, until all of these are dropped together: a floor
 * for WATCHED. */
enum kind { PLAIN, FINALIZED, WATCHED, ACCOMPANIED };
enum { KIND_EVERY = 10, FIRST_INT = 1000 };

#include PEER

#ifndef ARRAY_NEW
#define ARRAY_NEW malloc
#endif

#ifndef HAS_COMPANIONS
static inline void companions_drop(void) {}
#endif

#ifndef HAS_GC
static inline void gc_enable(int on) {
    (void)on;
}
#endif

/* A figure, and a number that says what was done: equal for all who did the same work. Peers that
 * cannot tell leave it 0. */
struct result {
    double figure;
    long check;
};

/* `count` operations on nodes of a kind. */
typedef struct result work_fn(long count, enum kind kind);

struct work {
    const char *name;
    work_fn *run;
};

/* Works by subject; each ends with a name that is NULL. */
extern const struct work object_works[], container_works[], graph_works[], cycle_works[],
    heap_works[], queue_works[], memory_works[];

/* CPU nanoseconds. */
static inline double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static inline uint32_t random_next(uint32_t *state) {
    *state = *state * UINT32_C(1664525) + UINT32_C(1013904223);
    return *state >> 2;
}

/* Below `limit`. Not by a division: one whose divisor lies in memory keeps some processors from
 * going on with what comes behind a miss, and then it is the loop that is measured. */
static inline uint32_t random_below(uint32_t *state, uint32_t limit) {
    return (uint32_t)((uint64_t)random_next(state) * limit >> 30);
}

/* An array whose pages are there already. */
static inline void *work_array(long count, size_t size) {
    unsigned char *array = ARRAY_NEW((size_t)count * size);
    if (!array)
        abort();
    for (size_t i = 0; i < (size_t)count * size; i += 4096)
        array[i] = 0;
    return array;
}

#ifdef HAS_NODES
/* Node number i of a work. */
static inline __attribute__((always_inline)) ref node_number(long i, enum kind kind) {
    return node_new(kind != PLAIN && i % KIND_EVERY == 0 ? kind : PLAIN);
}
#endif

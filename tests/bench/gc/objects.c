/* Objects made and destroyed, one at a time and in batches. */
#include "work.h"

#ifdef HAS_INTS
static struct result ints(long count, enum kind kind) {
    (void)kind;
    double start = now();
    for (long i = 0; i < count; i++)
        drop(int_new(FIRST_INT + i));
    return (struct result){(now() - start) / (double)count, count};
}
#endif

#ifdef HAS_NODES
static struct result lifo(long count, enum kind kind) {
    double start = now();
    for (long i = 0; i < count; i++)
        drop(node_number(i, kind));
    return (struct result){(now() - start) / (double)count, count + peer_events};
}

enum { DEPTH = 25 };

/* With so many frames more on the stack. */
static __attribute__((noinline)) struct result lifo_below(int frames, long count, enum kind kind) {
    struct result r = frames ? lifo_below(frames - 1, count, kind) : lifo(count, kind);
    __asm__ volatile(""); /* no tail call */
    return r;
}

static struct result lifo_deep(long count, enum kind kind) {
    return lifo_below(DEPTH, count, kind);
}

static void batch(ref *nodes, long count, enum kind kind) {
    for (long i = 0; i < count; i++)
        nodes[i] = node_number(i, kind);
    for (long i = 0; i < count; i++)
        drop(nodes[i]);
}

/* The second of two batches: its memory has been used before, and a collector, off until then,
 * knows nothing of it. */
static inline struct result second_batch(long count, enum kind kind, int gc) {
    ref *nodes = work_array(count, sizeof *nodes);
    gc_enable(0);
    batch(nodes, count, kind);
    gc_enable(gc);
    double start = now();
    batch(nodes, count, kind);
    return (struct result){(now() - start) / (double)count, count + peer_events};
}

static struct result batches(long count, enum kind kind) {
    return second_batch(count, kind, 1);
}

static struct result batches_gc_off(long count, enum kind kind) {
    return second_batch(count, kind, 0);
}
#endif

#ifdef HAS_INSTANCES
static struct result instances(long count, enum kind kind) {
    (void)kind;
    ref value = int_new(FIRST_INT);
    double start = now();
    for (long i = 0; i < count; i++) {
        ref o = instance_new();
        instance_set(o, 0, value);
        instance_set(o, 1, value);
        drop(o);
    }
    return (struct result){(now() - start) / (double)count, count};
}
#endif

const struct work object_works[] = {
#ifdef HAS_INTS
    {"ints", ints},
#endif
#ifdef HAS_NODES
    {"lifo", lifo},
    {"lifo-deep", lifo_deep},
    {"batches", batches},
    {"batches-gc-off", batches_gc_off},
#endif
#ifdef HAS_INSTANCES
    {"instances", instances},
#endif
    {0}};

/* Garbage that only a collection finds. */
#include "work.h"

#ifdef HAS_GC
/* Two nodes that refer to each other, dropped. */
static inline __attribute__((always_inline)) void drop_pair(long i, enum kind kind) {
    ref a = node_number(2 * i, kind), b = node_number(2 * i + 1, kind);
    node_set(a, 0, b);
    node_set(b, 0, a);
    drop(a);
    drop(b);
}

static struct result automatic(long count, enum kind kind) {
    double start = now();
    for (long i = 0; i < count; i++)
        drop_pair(i, kind);
    double taken = now() - start;
    gc_collect();
    return (struct result){taken / (double)count, gc_total() + peer_events};
}

static struct result one_collect(long count, enum kind kind) {
    gc_enable(0);
    for (long i = 0; i < count; i++)
        drop_pair(i, kind);
    double start = now();
    long collected = gc_collect();
    return (struct result){(now() - start) / (double)count, collected + peer_events};
}

static struct result ring(long count, enum kind kind) {
    gc_enable(0);
    ref first = node_number(0, kind), last = first;
    for (long i = 1; i < count; i++) {
        ref node = node_number(i, kind);
        node_set(last, 0, node);
        drop(node);
        last = node;
    }
    node_set(last, 0, first);
    drop(first);
    double start = now();
    long collected = gc_collect();
    return (struct result){(now() - start) / (double)count, collected + peer_events};
}
#endif

#ifdef HAS_INSTANCES
static struct result automatic_instances(long count, enum kind kind) {
    (void)kind;
    double start = now();
    for (long i = 0; i < count; i++) {
        ref a = instance_new(), b = instance_new();
        instance_set(a, 0, b);
        instance_set(b, 0, a);
        drop(a);
        drop(b);
    }
    double taken = now() - start;
    gc_collect();
    return (struct result){taken / (double)count, gc_total()};
}
#endif

const struct work cycle_works[] = {
#ifdef HAS_GC
    {"cycles", automatic},
    {"collect-cycles", one_collect},
    {"collect-ring", ring},
#endif
#ifdef HAS_INSTANCES
    {"cycles-instances", automatic_instances},
#endif
    {0}};

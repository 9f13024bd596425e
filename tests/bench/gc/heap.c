/* Collections of a large heap in which nothing has died. */
#include "heap.h"

#ifdef HAS_GC
ref *heap_new(long count, enum kind kind) {
    ref *nodes = work_array(count, sizeof *nodes);
    uint32_t *open = malloc(((size_t)count + 1) * sizeof *open); /* fields: node * 2 + field */
    uint32_t state = 1, opened = 2;
    gc_enable(0);
    nodes[0] = node_new(PLAIN);
    open[0] = 0;
    open[1] = 1;
    for (long i = 1; i < count; i++) {
        uint32_t *place = &open[random_next(&state) % opened];
        nodes[i] = node_number(i, kind);
        node_set(nodes[*place / 2], *place % 2, nodes[i]);
        drop(nodes[i]);
        *place = (uint32_t)i * 2;
        open[opened++] = (uint32_t)i * 2 + 1;
    }
    free(open);
    gc_enable(1);
    gc_collect();
    return nodes;
}

/* Milliseconds. */
static struct result timed_collect(void) {
    double start = now();
    long collected = gc_collect();
    return (struct result){(now() - start) / 1e6, collected + peer_events};
}

static struct result untouched(long count, enum kind kind) {
    heap_new(count, kind);
    return timed_collect();
}

static struct result touched(long count, enum kind kind) {
    ref *nodes = heap_new(count, kind);
    for (long i = 0; i < count; i++)
        drop(hold(nodes[i]));
    return timed_collect();
}

static struct result whole(long count, enum kind kind) {
    heap_new(count, kind);
    gc_forget();
    return timed_collect();
}
#endif

const struct work heap_works[] = {
#ifdef HAS_GC
    {"full-untouched", untouched},
    {"full-touched", touched},
    {"full-whole", whole},
#endif
    {0}};

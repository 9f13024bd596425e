/* Structures that reference counts alone see to: chains, trees, changing edges. */
#include "work.h"

#ifdef HAS_NODES
/* The time to drop it. */
static struct result chain(long count, enum kind kind) {
    gc_enable(0);
    ref head = node_number(0, kind);
    for (long i = 1; i < count; i++) {
        ref node = node_number(i, kind);
        node_fill(node, NULL, head);
        head = node;
    }
    double start = now();
    drop_all(head);
    return (struct result){(now() - start) / (double)count, count + peer_events};
}
#endif

#ifdef HAS_EDGES
/* Bottom up. */
static ref tree(int depth, enum kind kind, long *made) {
    if (!depth)
        return node_number((*made)++, kind);
    ref left = tree(depth - 1, kind, made), right = tree(depth - 1, kind, made);
    ref node = node_number((*made)++, kind);
    node_fill(node, left, right);
    return node;
}

/* The second of two trees, as with batches (objects.c); `depth` levels below the root. */
static inline struct result second_tree(int depth, enum kind kind, int gc) {
    long made = 0;
    gc_enable(0);
    drop_all(tree(depth, kind, &made));
    companions_drop();
    gc_enable(gc);
    made = 0;
    double start = now();
    drop_all(tree(depth, kind, &made));
    companions_drop();
    return (struct result){(now() - start) / (double)made, made + peer_events};
}

static struct result trees(long depth, enum kind kind) {
    return second_tree((int)depth, kind, 1);
}

static struct result trees_gc_off(long depth, enum kind kind) {
    return second_tree((int)depth, kind, 0);
}

enum { EDGE_NODES = 100000 };

static struct result edges(long count, enum kind kind) {
    ref *nodes = work_array(EDGE_NODES, sizeof *nodes);
    uint32_t state = 1;
    for (long i = 0; i < EDGE_NODES; i++)
        nodes[i] = node_number(i, kind);
    double start = now();
    for (long i = 0; i < count; i++) {
        uint32_t from = random_next(&state), to = random_next(&state);
        node_set(nodes[from % EDGE_NODES], i & 1, nodes[to % EDGE_NODES]);
    }
    return (struct result){(now() - start) / (double)count, count + peer_events};
}
#endif

const struct work graph_works[] = {
#ifdef HAS_NODES
    {"chain", chain},
#endif
#ifdef HAS_EDGES
    {"trees", trees},
    {"trees-gc-off", trees_gc_off},
    {"edges", edges},
#endif
    {0}};

#include "analysis/traceback.h"
#include <stdlib.h>
#include <string.h>

enum { AHEAD = 12 };

void tracebacks_init(struct tracebacks *t) {
    *t = (struct tracebacks){0};
    intern_init(&t->parts, &t->pool);
}

const struct traceback_part *traceback_part(const struct tracebacks *t, uint32_t id) {
    return (const void *)t->parts.entries[id].bytes;
}

static struct traceback_part part_of(const struct tracebacks *t, const char *text, uint64_t number,
                                     uint32_t caller) {
    uint32_t outer = caller == TRACEBACK_NONE ? 0 : traceback_part(t, caller)->length;
    return (struct traceback_part){text, number, caller, outer + 1};
}

static uint32_t part_id(struct tracebacks *t, const char *text, uint64_t number, uint32_t caller) {
    struct traceback_part part = part_of(t, text, number, caller);
    return intern_id(&t->parts, &part, sizeof part);
}

uint32_t traceback_of_one(struct tracebacks *t, const char *text, uint64_t number) {
    return part_id(t, text, number, TRACEBACK_NONE);
}

/* Adds a node's frames, the outermost first, down to the one with number `index`. */
static uint32_t add_node(struct tracebacks *t, struct shared_frames *shared, uint32_t node,
                         uint32_t index, uint32_t id) {
    const struct symbol_frame *frames;
    for (size_t i = shared_frames_of(shared, node, &frames); i-- > index;) {
        id = part_id(t, frames[i].file, frames[i].line, id);
        if (id == TRACEBACK_NONE)
            return id;
    }
    return id;
}

/* Looking a part up waits for memory, unless that is asked for a few nodes ahead. */
static void prefetch_node(const struct tracebacks *t, struct shared_frames *shared, uint32_t node,
                          uint32_t caller) {
    const struct symbol_frame *frames;
    size_t count = shared_frames_of(shared, node, &frames);
    const struct symbol_frame *outer = &frames[count - 1];
    struct traceback_part part = part_of(t, outer->file, outer->line, caller);
    intern_prefetch(&t->parts, &part, sizeof part);
}

/* All nodes but the root, those nearest to it first; NULL: no memory. */
static uint32_t *order_by_depth(const struct image *image, uint32_t *depth) {
    uint32_t count = image->node_count;
    uint32_t *order = calloc((size_t)count + 1, sizeof *order);
    uint32_t *start = calloc((size_t)count + 2, sizeof *start);
    if (order && start) {
        for (uint32_t i = 1; i < count; i++) {
            depth[i] = depth[image->nodes[i].parent] + 1;
            start[depth[i] + 1]++;
        }
        for (uint32_t i = 0; i < count; i++)
            start[i + 1] += start[i];
        for (uint32_t i = 1; i < count; i++)
            order[start[depth[i]]++] = i;
    } else {
        free(order);
        order = NULL;
    }
    free(start);
    return order;
}

/* A caller is looked up before what it calls, and long before: memory is asked for in time. */
static void add_in_order(struct tracebacks *t, unsigned root, struct shared_frames *frames,
                         const uint32_t *order, const uint32_t *depth) {
    const struct image *image = symbols_image(frames->symbols);
    uint32_t *ids = t->ids[root], count = image->node_count - 1;
    for (uint32_t i = 0; i < count && !t->parts.failed; i++) {
        uint32_t node = order[i], ahead = i + AHEAD < count ? order[i + AHEAD] : node;
        if (depth[ahead] == depth[node])
            prefetch_node(t, frames, ahead, ids[image->nodes[ahead].parent]);
        ids[node] = add_node(t, frames, node, 0, ids[image->nodes[node].parent]);
    }
}

/* Every node's whole path. */
static void add_nodes(struct tracebacks *t, unsigned root, struct shared_frames *frames) {
    const struct image *image = symbols_image(frames->symbols);
    uint32_t *depth = calloc((size_t)image->node_count + 1, sizeof *depth);
    uint32_t *order = depth ? order_by_depth(image, depth) : NULL;
    t->ids[root] = calloc((size_t)image->node_count + 1, sizeof *t->ids[root]);
    t->parts.failed |= !order || !t->ids[root];
    if (!t->parts.failed) {
        intern_reserve(&t->parts, t->parts.count + image->node_count);
        t->ids[root][0] = TRACEBACK_NONE; /* what the outermost frames are called from */
        add_in_order(t, root, frames, order, depth);
    }
    free(depth);
    free(order);
}

uint32_t traceback_of_path(struct tracebacks *t, unsigned root, struct shared_frames *frames,
                           struct path path) {
    if (!t->ids[root])
        add_nodes(t, root, frames);
    if (t->parts.failed)
        return TRACEBACK_NONE;
    if (path.node && !path.index)
        return t->ids[root][path.node];
    uint32_t caller = symbols_image(path.symbols)->nodes[path.node].parent;
    return add_node(t, frames, path.node, path.index, t->ids[root][caller]);
}

/* --- Order --- */

/* The parts as a tree, whose branches stand side by side. A caller has a lower id than its parts.
 */
struct tree {
    struct tracebacks *t;
    uint32_t count;
    uint32_t *start;  /* [1 + caller]: where its parts begin; [0]: those that none called */
    uint32_t *sorted; /* ids by caller, then by place */
    uint32_t *size;   /* [id]: parts in this branch */
};

static uint32_t branch_of(const struct tree *w, uint32_t id) {
    return traceback_part(w->t, id)->caller + 1; /* TRACEBACK_NONE + 1 is 0 */
}

static int by_place(const void *a, const void *b, void *context) {
    const struct traceback_part *x = traceback_part(context, *(const uint32_t *)a);
    const struct traceback_part *y = traceback_part(context, *(const uint32_t *)b);
    int texts = x->text == y->text ? 0 : strcmp(x->text, y->text);
    return texts ? texts : (x->number > y->number) - (x->number < y->number);
}

/* Each branch ends where the next begins: filling from the end leaves `start` at the beginnings. */
static void sort_parts(struct tree *w) {
    for (uint32_t id = 0; id < w->count; id++)
        w->start[branch_of(w, id)]++;
    for (uint32_t i = 0; i <= w->count; i++)
        w->start[i + 1] += w->start[i];
    for (uint32_t id = w->count; id-- > 0;)
        w->sorted[--w->start[branch_of(w, id)]] = id;
    for (uint32_t i = 0; i <= w->count; i++) {
        uint32_t length = w->start[i + 1] - w->start[i];
        if (length > 1)
            qsort_r(&w->sorted[w->start[i]], length, sizeof *w->sorted, by_place, w->t);
    }
}

static void measure_branches(struct tree *w) {
    for (uint32_t id = w->count; id-- > 0;) {
        uint32_t caller = traceback_part(w->t, id)->caller;
        w->size[id]++;
        if (caller != TRACEBACK_NONE)
            w->size[caller] += w->size[id];
    }
}

/* A part comes before all that it called, and these before its next neighbour. */
static void number_parts(struct tree *w) {
    for (uint32_t i = 0; i <= w->count; i++) {
        uint32_t rank = i ? w->t->rank[i - 1] + 1 : 0;
        for (uint32_t at = w->start[i]; at < w->start[i + 1]; at++) {
            w->t->rank[w->sorted[at]] = rank;
            rank += w->size[w->sorted[at]];
        }
    }
}

int tracebacks_rank(struct tracebacks *t) {
    struct tree w = {.t = t, .count = t->parts.count};
    size_t size = (size_t)w.count + 2;
    w.start = calloc(size, sizeof *w.start);
    w.sorted = calloc(size, sizeof *w.sorted);
    w.size = calloc(size, sizeof *w.size);
    free(t->rank);
    t->rank = calloc(size, sizeof *t->rank);
    int failed = !w.start || !w.sorted || !w.size || !t->rank;
    if (!failed) {
        sort_parts(&w);
        measure_branches(&w);
        number_parts(&w);
    }
    free(w.start);
    free(w.sorted);
    free(w.size);
    t->parts.failed |= failed;
    return failed ? -1 : 0;
}

int traceback_compare(const struct tracebacks *t, uint32_t a, uint32_t b) {
    return (t->rank[a] > t->rank[b]) - (t->rank[a] < t->rank[b]);
}

void tracebacks_fini(struct tracebacks *t) {
    for (unsigned root = 0; root < TRACEBACK_ROOTS; root++)
        free(t->ids[root]);
    free(t->rank);
    intern_fini(&t->parts);
    pool_fini(&t->pool);
}

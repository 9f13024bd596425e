#include "analysis/traceback.h"
#include <stdlib.h>
#include <string.h>
#include "base/huge.h"

enum { AHEAD = 12, FIRST_CAPACITY = 64 };

/* --- The table of parts. Slots stay at most half full --- */

void tracebacks_init(struct tracebacks *t) {
    *t = (struct tracebacks){0};
}

static uint32_t hash_of(const struct traceback_part *part) {
    const uint64_t multiplier = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t h = ((uint64_t)(uintptr_t)part->text ^ part->number << 40) * multiplier;
    h = (h ^ h >> 32 ^ part->caller) * multiplier;
    return (uint32_t)(h >> 32);
}

static void enter(const struct tracebacks *t, uint32_t id) {
    uint32_t hash = hash_of(&t->part[id]), at = hash & t->slot_mask;
    while (t->slot[at].id_plus_1)
        at = (at + 1) & t->slot_mask;
    t->slot[at] = (struct traceback_slot){hash, id + 1};
}

static int resize(struct tracebacks *t, size_t capacity) {
    if (capacity > UINT32_MAX / 4)
        return -1;
    struct traceback_part *part = reallocarray(t->part, capacity, sizeof *part);
    if (part)
        t->part = part;
    struct traceback_slot *slot = part ? huge_calloc(capacity * 2, sizeof *slot) : NULL;
    if (!slot)
        return -1;
    free(t->slot);
    t->slot = slot;
    t->slot_mask = (uint32_t)capacity * 2 - 1;
    t->capacity = (uint32_t)capacity;
    for (uint32_t id = 0; id < t->count; id++)
        enter(t, id);
    return 0;
}

/* Saves growing; want of memory shows later. */
static void reserve(struct tracebacks *t, size_t count) {
    size_t capacity = FIRST_CAPACITY;
    while (capacity < count)
        capacity *= 2;
    if (capacity > t->capacity)
        resize(t, capacity);
}

static int is_same(const struct traceback_part *a, const struct traceback_part *b) {
    return a->text == b->text && a->number == b->number && a->caller == b->caller;
}

static struct traceback_part part_of(const struct tracebacks *t, const char *text, uint64_t number,
                                     uint32_t caller) {
    uint32_t outer = caller == TRACEBACK_NONE ? 0 : t->part[caller].length;
    return (struct traceback_part){text, number, caller, outer + 1};
}

static uint32_t part_id(struct tracebacks *t, const char *text, uint64_t number, uint32_t caller) {
    struct traceback_part part = part_of(t, text, number, caller);
    uint32_t hash = hash_of(&part), at;
    if (t->count == t->capacity &&
        resize(t, t->capacity ? t->capacity * (size_t)2 : FIRST_CAPACITY)) {
        t->failed = 1;
        return TRACEBACK_NONE;
    }
    for (at = hash & t->slot_mask; t->slot[at].id_plus_1; at = (at + 1) & t->slot_mask)
        if (t->slot[at].hash == hash && is_same(&t->part[t->slot[at].id_plus_1 - 1], &part))
            return t->slot[at].id_plus_1 - 1;
    t->part[t->count] = part;
    t->slot[at] = (struct traceback_slot){hash, ++t->count};
    return t->count - 1;
}

/* --- Paths --- */

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
    __builtin_prefetch(&t->slot[hash_of(&part) & t->slot_mask]);
}

/* All nodes but the root, those nearest to it first; NULL: no memory. */
static uint32_t *order_by_depth(const struct image *image, uint32_t *depth) {
    uint32_t count = image->node_count;
    uint32_t *order = huge_calloc((size_t)count + 1, sizeof *order);
    uint32_t *start = huge_calloc((size_t)count + 2, sizeof *start);
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
    for (uint32_t i = 0; i < count && !t->failed; i++) {
        uint32_t node = order[i], ahead = i + AHEAD < count ? order[i + AHEAD] : node;
        if (depth[ahead] == depth[node])
            prefetch_node(t, frames, ahead, ids[image->nodes[ahead].parent]);
        ids[node] = add_node(t, frames, node, 0, ids[image->nodes[node].parent]);
    }
}

/* Every node's whole path. */
static void add_nodes(struct tracebacks *t, unsigned root, struct shared_frames *frames) {
    const struct image *image = symbols_image(frames->symbols);
    uint32_t *depth = huge_calloc((size_t)image->node_count + 1, sizeof *depth);
    uint32_t *order = depth ? order_by_depth(image, depth) : NULL;
    t->ids[root] = huge_calloc((size_t)image->node_count + 1, sizeof *t->ids[root]);
    t->failed |= !order || !t->ids[root];
    if (!t->failed) {
        reserve(t, (size_t)t->count + image->node_count);
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
    if (t->failed)
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
    return w->t->part[id].caller + 1; /* TRACEBACK_NONE + 1 is 0 */
}

static int by_place(const void *a, const void *b, void *context) {
    const struct tracebacks *t = context;
    const struct traceback_part *x = &t->part[*(const uint32_t *)a];
    const struct traceback_part *y = &t->part[*(const uint32_t *)b];
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
        uint32_t caller = w->t->part[id].caller;
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
    struct tree w = {.t = t, .count = t->count};
    size_t size = (size_t)w.count + 2;
    w.start = huge_calloc(size, sizeof *w.start);
    w.sorted = huge_calloc(size, sizeof *w.sorted);
    w.size = huge_calloc(size, sizeof *w.size);
    free(t->rank);
    t->rank = huge_calloc(size, sizeof *t->rank);
    int failed = !w.start || !w.sorted || !w.size || !t->rank;
    if (!failed) {
        sort_parts(&w);
        measure_branches(&w);
        number_parts(&w);
    }
    free(w.start);
    free(w.sorted);
    free(w.size);
    t->failed |= failed;
    return failed ? -1 : 0;
}

int traceback_compare(const struct tracebacks *t, uint32_t a, uint32_t b) {
    return (t->rank[a] > t->rank[b]) - (t->rank[a] < t->rank[b]);
}

void tracebacks_fini(struct tracebacks *t) {
    for (unsigned root = 0; root < TRACEBACK_ROOTS; root++)
        free(t->ids[root]);
    free(t->rank);
    free(t->part);
    free(t->slot);
}

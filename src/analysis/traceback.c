#include "analysis/traceback.h"
#include <stdlib.h>
#include <string.h>

void tracebacks_init(struct tracebacks *t) {
    *t = (struct tracebacks){0};
    intern_init(&t->parts, &t->pool);
}

const struct traceback_part *traceback_part(const struct tracebacks *t, uint32_t id) {
    return (const void *)t->parts.entries[id].bytes;
}

uint32_t traceback_length(const struct tracebacks *t, uint32_t id) {
    uint32_t length = 0;
    for (; id != TRACEBACK_NONE; id = traceback_part(t, id)->caller)
        length++;
    return length;
}

static uint32_t part_id(struct tracebacks *t, const char *text, uint64_t number, uint32_t caller) {
    struct traceback_part part = {text, number, caller, 0};
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

/* Every node's whole path. A parent comes before its children, so one pass does it. */
static void add_nodes(struct tracebacks *t, unsigned root, struct shared_frames *frames) {
    const struct image *image = symbols_image(frames->symbols);
    uint32_t *ids = calloc(image->node_count + 1, sizeof *ids);
    t->ids[root] = ids;
    if (!ids) {
        t->parts.failed = 1;
        return;
    }
    ids[0] = TRACEBACK_NONE; /* what the outermost frames are called from */
    for (uint32_t i = 1; i < image->node_count && !t->parts.failed; i++)
        ids[i] = add_node(t, frames, i, 0, ids[image->nodes[i].parent]);
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

static int by_caller_and_place(const void *a, const void *b, void *context) {
    const struct traceback_part *x = traceback_part(context, *(const uint32_t *)a);
    const struct traceback_part *y = traceback_part(context, *(const uint32_t *)b);
    if (x->caller != y->caller)
        return x->caller < y->caller ? -1 : 1;
    int texts = x->text == y->text ? 0 : strcmp(x->text, y->text);
    return texts ? texts : (x->number > y->number) - (x->number < y->number);
}

/* The tree while it is walked: siblings stand side by side, sorted. */
struct walk {
    const struct tracebacks *t;
    uint32_t *sorted;   /* ids by caller and place */
    uint32_t *position; /* [id] in sorted */
    uint32_t *first;    /* [id]: position of its first child + 1, 0: none */
    uint32_t count;
};

static void index_children(struct walk *w) {
    for (uint32_t i = 0; i < w->count; i++) {
        uint32_t caller = traceback_part(w->t, w->sorted[i])->caller;
        w->position[w->sorted[i]] = i;
        if (caller != TRACEBACK_NONE && !w->first[caller])
            w->first[caller] = i + 1;
    }
}

/* The part that comes after `id` in the order, its children first; TRACEBACK_NONE at the end. */
static uint32_t next_part(const struct walk *w, uint32_t id) {
    if (w->first[id])
        return w->sorted[w->first[id] - 1];
    while (id != TRACEBACK_NONE) {
        uint32_t caller = traceback_part(w->t, id)->caller, at = w->position[id] + 1;
        if (at < w->count && traceback_part(w->t, w->sorted[at])->caller == caller)
            return w->sorted[at];
        id = caller;
    }
    return id;
}

/* The roots, which no other calls, are sorted to the end. */
static uint32_t first_root(const struct walk *w) {
    uint32_t at = w->count;
    while (at && traceback_part(w->t, w->sorted[at - 1])->caller == TRACEBACK_NONE)
        at--;
    return at < w->count ? w->sorted[at] : TRACEBACK_NONE;
}

int tracebacks_rank(struct tracebacks *t) {
    struct walk w = {.t = t, .count = t->parts.count};
    size_t size = (size_t)w.count + 1;
    w.sorted = calloc(size, sizeof *w.sorted);
    w.position = calloc(size, sizeof *w.position);
    w.first = calloc(size, sizeof *w.first);
    free(t->rank);
    t->rank = calloc(size, sizeof *t->rank);
    int failed = !w.sorted || !w.position || !w.first || !t->rank;
    if (!failed) {
        for (uint32_t i = 0; i < w.count; i++)
            w.sorted[i] = i;
        qsort_r(w.sorted, w.count, sizeof *w.sorted, by_caller_and_place, t);
        index_children(&w);
        uint32_t rank = 0;
        for (uint32_t id = first_root(&w); id != TRACEBACK_NONE; id = next_part(&w, id))
            t->rank[id] = rank++;
    }
    free(w.sorted);
    free(w.position);
    free(w.first);
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

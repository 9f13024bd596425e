/* symbols_embed: see symbols.h. */
#include <stdlib.h>
#include <time.h>
#include "analysis/symbols.h"
#include "base/arena.h"
#include "base/error.h"

struct embedding {
    struct image *image;
    struct symbols *symbols;
    uint32_t *order; /* nodes, those next to an allocation first */
    uint32_t count;
    uint8_t *placed; /* [place] */
    struct image_symbol *found;
    uint32_t found_count;
};

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void enqueue(struct embedding *e, uint8_t *seen, uint32_t node) {
    if (node <= ARENA_NODE_NOT_RECORDED || seen[node])
        return;
    seen[node] = 1;
    e->order[e->count++] = node;
}

/* Breadth first from the sites outward. */
static void order_nodes(struct embedding *e, uint8_t *seen) {
    for (uint32_t i = 0; i < e->image->site_count; i++)
        enqueue(e, seen, e->image->sites[i].node);
    for (uint32_t at = 0; at < e->count; at++)
        enqueue(e, seen, e->image->nodes[e->order[at]].parent);
}

/* What has neither a line nor a name tells nothing that the address does not. */
static int is_worth_keeping(const struct embedding *e, const struct image_node *node,
                            const struct symbol_frame *frames) {
    if (e->image->modules[node->module].flags & ARENA_MODULE_GIVEN)
        return 1;
    return node->module && (frames->located || frames->function);
}

/* Nodes share places: the first stands for all. */
static int is_first_of_place(struct embedding *e, uint32_t id) {
    uint8_t *placed = &e->placed[symbols_place(e->symbols, id)];
    int is_first = !*placed;
    *placed = 1;
    return is_first;
}

/* -1: no memory. */
static int embed_node(struct embedding *e, uint32_t id) {
    const struct image_node *node = &e->image->nodes[id];
    const struct symbol_frame *frames;
    if (!is_first_of_place(e, id))
        return 0;
    size_t count = symbols_frames(e->symbols, id, &frames);
    if (!is_worth_keeping(e, node, frames))
        return 0;
    const struct image_frame *kept = symbols_keep(&e->image->pool, frames, count);
    if (!kept)
        return -1;
    e->found[e->found_count++] =
        (struct image_symbol){node->ip, node->module, node->exact != 0, (uint32_t)count, kept};
    return 0;
}

static int by_place(const void *a, const void *b) {
    const struct image_symbol *x = a, *y = b;
    if (x->module != y->module)
        return x->module < y->module ? -1 : 1;
    if (x->ip != y->ip)
        return x->ip < y->ip ? -1 : 1;
    return (x->exact > y->exact) - (x->exact < y->exact);
}

static int embed_nodes(struct embedding *e, uint64_t deadline) {
    for (uint32_t i = 0; i < e->count; i++) {
        if (embed_node(e, e->order[i]))
            return -1;
        if (deadline && now_ms() >= deadline)
            return 1;
    }
    return 0;
}

int symbols_embed(struct image *image, struct symbol_cache *files, unsigned budget_ms,
                  symbols_progress *progress, void *progress_context, struct heapline_error *err) {
    struct symbols_options options = {
        .files = files, .progress = progress, .progress_context = progress_context};
    struct embedding e = {.image = image};
    struct intern texts;
    intern_init(&texts, &image->pool); /* so that the texts stay with the image */
    uint64_t deadline = budget_ms ? now_ms() + budget_ms : 0;
    uint8_t *seen = calloc(image->node_count + 1, 1);
    e.order = calloc(image->node_count + 1, sizeof *e.order);
    e.symbols = symbols_new(image, &texts, &options, NULL);
    size_t places = e.symbols ? symbols_place_count(e.symbols) : 0;
    e.placed = calloc(places + 1, 1);
    e.found = pool_array(&image->pool, places + 1, sizeof *e.found);
    int result = -1;
    if (seen && e.order && e.symbols && e.placed && e.found) {
        order_nodes(&e, seen);
        result = embed_nodes(&e, deadline);
    }
    if (result >= 0 && !symbols_failed(e.symbols)) {
        image->symbols = e.found;
        image->symbol_count = e.found_count;
        qsort(e.found, e.found_count, sizeof *e.found, by_place);
    } else {
        result = error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "no memory for symbols");
    }
    if (progress)
        progress(progress_context, 0, 0);
    symbols_free(e.symbols);
    intern_fini(&texts);
    free(e.placed);
    free(e.order);
    free(seen);
    return result;
}

#include "api/given.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "analysis/intern.h"
#include "api/frame.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

enum {
    NO_MODULE = 1, /* of frames that name none; 0 is the image's own "no module" */
    FIRST_MODULE,  /* then those that are named */
    FIRST_NODE = 2 /* behind the root and <not recorded> */
};

struct frame_key { /* equal frames have equal bytes */
    const char *file, *function;
    uint32_t line;
    uint16_t module, inlined;
};

struct call_key {
    uint32_t caller, frame;
};

struct given {
    struct image image;
    struct intern texts, modules, types; /* in the image's pool */
    struct intern frames, calls;         /* struct frame_key, struct call_key */
    struct buffer nodes, sites, blocks;
};

static int no_memory(struct heapline_error *err) {
    return error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "no memory for the trace");
}

struct given *given_new(uint32_t limit, struct heapline_error *err) {
    static const struct image_node named_nodes[FIRST_NODE];
    struct timespec now;
    struct given *g = calloc(1, sizeof *g);
    if (!g) {
        no_memory(err);
        return NULL;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    g->image =
        (struct image){.end = IMAGE_ENDED,
                       .exe = "",
                       .cwd = "",
                       .output = "",
                       .nframe = limit,
                       .end_time = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec};
    struct intern *interns[] = {&g->texts, &g->modules, &g->types, &g->frames, &g->calls};
    for (size_t i = 0; i < sizeof interns / sizeof *interns; i++)
        intern_init(interns[i], &g->image.pool);
    buffer_append(&g->nodes, named_nodes, sizeof named_nodes);
    return g;
}

/* --- Adding --- */

static int refuse(struct heapline_error *err, const char *problem) {
    return error_set(err, HEAPLINE_BAD_ARGUMENT, 0, "heapline_snapshot_add", problem);
}

static int check(const struct heapline_trace *trace, struct heapline_error *err) {
    const struct heapline_traceback *tb = &trace->traceback;
    if (tb->nframe < 0 || (tb->nframe && !tb->frames))
        return refuse(err, "a traceback without its frames");
    for (int i = 0; i < tb->nframe; i++)
        if (tb->frames[i].line < 0)
            return refuse(err, "a negative line");
    return 0;
}

/* The number of a text, `first` and up. */
static uint32_t number_of(struct intern *in, const char *text, uint32_t first) {
    uint32_t id = intern_id(in, text, strlen(text));
    return id == INTERN_NONE ? INTERN_NONE : first + id;
}

static uint32_t frame_id(struct given *g, const struct heapline_frame *frame) {
    uint32_t module =
        frame->module ? number_of(&g->modules, frame->module, FIRST_MODULE) : NO_MODULE;
    if (module > UINT16_MAX)
        return INTERN_NONE;
    struct frame_key key = {.file = intern_text(&g->texts, frame_file(frame)),
                            .function = intern_text(&g->texts, frame->function),
                            .line = (uint32_t)frame->line,
                            .module = (uint16_t)module,
                            .inlined = frame->inlined != 0};
    return g->texts.failed ? INTERN_NONE : intern_id(&g->frames, &key, sizeof key);
}

/* The node of a frame called from `caller`; INTERN_NONE for want of memory. */
static uint32_t node_of(struct given *g, uint32_t caller, const struct heapline_frame *frame) {
    struct call_key key = {caller, frame_id(g, frame)};
    if (key.frame == INTERN_NONE)
        return INTERN_NONE;
    uint32_t known = g->calls.count, id = intern_id(&g->calls, &key, sizeof key);
    if (id == INTERN_NONE)
        return INTERN_NONE;
    if (id == known) {
        const struct frame_key *f = (const void *)g->frames.entries[key.frame].bytes;
        struct image_node node = {.ip = key.frame, .parent = caller, .module = f->module};
        buffer_append(&g->nodes, &node, sizeof node);
    }
    return FIRST_NODE + id;
}

static uint32_t path_of(struct given *g, const struct heapline_traceback *tb) {
    uint32_t node = ARENA_NODE_ROOT;
    for (int i = 0; i < tb->nframe && node != INTERN_NONE; i++)
        node = node_of(g, node, &tb->frames[i]);
    return node;
}

static int32_t cut_of(const struct heapline_traceback *tb) {
    int stored = tb->nframe ? tb->nframe : 1;
    return tb->total_nframe < 0 ? IMAGE_CUT_UNKNOWN : tb->total_nframe - stored;
}

static int has_failed(const struct given *g) {
    return g->texts.failed || g->modules.failed || g->types.failed || g->frames.failed ||
           g->calls.failed || g->nodes.failed || g->sites.failed || g->blocks.failed;
}

static int add_site(struct given *g, const struct heapline_trace *t, uint32_t node) {
    struct image_site site = {.node = node,
                              .domain = t->domain,
                              .type = t->type ? number_of(&g->types, t->type, 1) : 0,
                              .cut = cut_of(&t->traceback),
                              .current = t->current,
                              .peak = t->peak,
                              .total = t->total,
                              .temporary = t->temporary};
    struct image_block block = {t->block, t->current.bytes, g->image.site_count};
    if (t->block)
        buffer_append(&g->blocks, &block, sizeof block);
    buffer_append(&g->sites, &site, sizeof site);
    if (has_failed(g))
        return -1;
    g->image.site_count++;
    g->image.block_count += t->block != 0;
    return 0;
}

int given_add(struct given *g, const struct heapline_trace *trace, struct heapline_error *err) {
    if (check(trace, err))
        return -1;
    if (has_failed(g) || g->image.site_count == UINT32_MAX)
        return no_memory(err);
    uint32_t node = path_of(g, &trace->traceback);
    if (node == INTERN_NONE && g->modules.count > UINT16_MAX - FIRST_MODULE && !has_failed(g))
        return refuse(err, "more modules than a snapshot can hold");
    return node == INTERN_NONE || add_site(g, trace, node) ? no_memory(err) : 0;
}

/* --- Finishing --- */

static int by_module(const void *a, const void *b) {
    const struct image_symbol *x = a, *y = b;
    if (x->module != y->module)
        return x->module < y->module ? -1 : 1;
    return x->ip < y->ip ? -1 : 1;
}

static void make_symbols(struct given *g, struct image_symbol *symbols,
                         struct image_frame *frames) {
    uint32_t count = g->frames.count;
    for (uint32_t i = 0; i < count; i++) {
        const struct frame_key *key = (const void *)g->frames.entries[i].bytes;
        frames[i] = (struct image_frame){key->function, key->file, key->line, key->inlined};
        symbols[i] = (struct image_symbol){
            .ip = i, .module = key->module, .frame_count = 1, .frames = &frames[i]};
    }
    qsort(symbols, count, sizeof *symbols, by_module);
    g->image.symbols = symbols;
    g->image.symbol_count = count;
}

static void make_modules(struct given *g, struct image_module *modules) {
    g->image.modules = modules;
    g->image.module_count = FIRST_MODULE + g->modules.count;
    modules[0].path = "";
    for (uint32_t i = NO_MODULE; i < g->image.module_count; i++) {
        int is_named = i >= FIRST_MODULE;
        modules[i].path = is_named ? g->modules.entries[i - FIRST_MODULE].bytes : "";
        modules[i].flags = ARENA_MODULE_GIVEN;
    }
}

static void make_types(struct given *g, const char **types) {
    for (uint32_t i = 0; i < g->types.count; i++)
        types[i + 1] = g->types.entries[i].bytes;
    g->image.types = types;
    g->image.type_count = g->types.count + 1;
}

int given_finish(struct given *g, struct heapline_error *err) {
    struct pool *pool = &g->image.pool;
    struct image_symbol *symbols = pool_array(pool, g->frames.count, sizeof *symbols);
    struct image_frame *frames = pool_array(pool, g->frames.count, sizeof *frames);
    struct image_module *modules =
        pool_array(pool, FIRST_MODULE + (size_t)g->modules.count, sizeof *modules);
    const char **types = pool_array(pool, (size_t)g->types.count + 1, sizeof *types);
    if (!symbols || !frames || !modules || !types || has_failed(g))
        return no_memory(err);
    make_symbols(g, symbols, frames);
    make_modules(g, modules);
    make_types(g, types);
    g->image.nodes = (struct image_node *)g->nodes.bytes;
    g->image.node_count = FIRST_NODE + g->calls.count;
    g->image.sites = (struct image_site *)g->sites.bytes;
    g->image.blocks = (struct image_block *)g->blocks.bytes;
    g->image.has_blocks = g->image.block_count > 0;
    return 0;
}

struct image *given_image(struct given *g) {
    return &g->image;
}

void given_free(struct given *g) {
    struct intern *interns[] = {&g->texts, &g->modules, &g->types, &g->frames, &g->calls};
    for (size_t i = 0; i < sizeof interns / sizeof *interns; i++)
        intern_fini(interns[i]);
    buffer_fini(&g->nodes);
    buffer_fini(&g->sites);
    buffer_fini(&g->blocks);
    pool_fini(&g->image.pool);
    free(g);
}

/* Images made by hand for the tests of src/analysis: each node has embedded symbols, so that no
 * file is read. Zero a struct fixture, call fixture_init, add nodes and sites.
 */
#ifndef UNIT_IMAGE_FIXTURE_H
#define UNIT_IMAGE_FIXTURE_H

#include <check.h>
#include <stdlib.h>
#include "analysis/symbols.h"
#include "base/arena.h"

enum { FIXTURE_MAX = 64 };
enum { FIXTURE_MAIN = 1, FIXTURE_LIBC, FIXTURE_OTHER, FIXTURE_MODULES };

struct fixture {
    struct image image;
    struct image_module modules[FIXTURE_MODULES];
    struct image_node nodes[FIXTURE_MAX];
    struct image_site sites[FIXTURE_MAX];
    struct image_symbol symbols[FIXTURE_MAX];
    struct image_frame frames[FIXTURE_MAX];
    uint32_t frame_count;
};

static inline void fixture_init(struct fixture *f) {
    f->modules[FIXTURE_MAIN] =
        (struct image_module){.path = "/bin/main", .flags = ARENA_MODULE_MAIN};
    f->modules[FIXTURE_LIBC] = (struct image_module){.path = "/lib/libc.so.6"};
    f->modules[FIXTURE_OTHER] = (struct image_module){.path = "/lib/libother.so.1"};
    f->image = (struct image){.modules = f->modules,
                              .module_count = FIXTURE_MODULES,
                              .nodes = f->nodes,
                              .node_count = 2,
                              .sites = f->sites,
                              .symbols = f->symbols};
}

static inline int fixture_by_place(const void *a, const void *b) {
    const struct image_symbol *x = a, *y = b;
    if (x->module != y->module)
        return x->module < y->module ? -1 : 1;
    return x->ip < y->ip ? -1 : 1;
}

/* A frame called from `parent`. */
static inline uint32_t fixture_call(struct fixture *f, uint32_t parent, uint16_t module,
                                    const char *function, const char *file, uint32_t line) {
    struct image *image = &f->image;
    uint32_t node = image->node_count++;
    ck_assert_uint_lt(node, FIXTURE_MAX);
    f->frames[f->frame_count] = (struct image_frame){function, file, line, 0};
    f->nodes[node] = (struct image_node){.ip = node, .parent = parent, .module = module};
    f->symbols[image->symbol_count++] = (struct image_symbol){
        .ip = node, .module = module, .frame_count = 1, .frames = &f->frames[f->frame_count++]};
    qsort(f->symbols, image->symbol_count, sizeof *f->symbols, fixture_by_place);
    return node;
}

static inline struct image_site *fixture_site(struct fixture *f, uint32_t node, uint64_t bytes,
                                              uint64_t count) {
    struct image_site *site = &f->sites[f->image.site_count++];
    *site = (struct image_site){.node = node};
    site->current = site->peak = site->total = (struct heapline_count){bytes, count};
    return site;
}

struct resolver { /* symbols with all that they borrow */
    struct pool pool;
    struct intern texts;
    struct symbols *symbols;
};

static inline void resolver_init(struct resolver *r, const struct fixture *f,
                                 const struct symbols_options *options) {
    *r = (struct resolver){0};
    intern_init(&r->texts, &r->pool);
    r->symbols = symbols_new(&f->image, &r->texts, options, NULL);
    ck_assert_ptr_nonnull(r->symbols);
}

static inline void resolver_fini(struct resolver *r) {
    symbols_free(r->symbols);
    intern_fini(&r->texts);
    pool_fini(&r->pool);
}

#endif

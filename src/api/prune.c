#include "api/prune.h"
#include <stdlib.h>
#include "base/arena.h"

struct prune {
    const struct image *from;
    uint32_t *node; /* [old]: 1 + the new index; 0: left out */
    struct image to;
};

/* A parent comes before its children: backwards, all of a path are met. */
static void mark_nodes(struct prune *p) {
    p->node[ARENA_NODE_ROOT] = p->node[ARENA_NODE_NOT_RECORDED] = 1;
    for (uint32_t i = 0; i < p->from->site_count; i++)
        p->node[p->from->sites[i].node] = 1;
    for (uint32_t i = p->from->node_count; i-- > ARENA_NODE_NOT_RECORDED + 1;)
        if (p->node[i])
            p->node[p->from->nodes[i].parent] = 1;
}

static void copy_nodes(struct prune *p) {
    p->to.node_count = 0;
    for (uint32_t i = 0; i < p->from->node_count; i++) {
        if (!p->node[i])
            continue;
        struct image_node node = p->from->nodes[i];
        if (i > ARENA_NODE_NOT_RECORDED)
            node.parent = p->node[node.parent] - 1;
        p->to.nodes[p->to.node_count] = node;
        p->node[i] = ++p->to.node_count;
    }
}

static void copy_sites(struct prune *p) {
    for (uint32_t i = 0; i < p->from->site_count; i++) {
        p->to.sites[i] = p->from->sites[i];
        p->to.sites[i].node = p->node[p->from->sites[i].node] - 1;
    }
}

static int by_place(const void *key, const void *element) {
    const struct image_node *n = key;
    const struct image_symbol *s = element;
    if (n->module != s->module)
        return n->module < s->module ? -1 : 1;
    if (n->ip != s->ip)
        return n->ip < s->ip ? -1 : 1;
    return (n->exact > s->exact) - (n->exact < s->exact);
}

static void copy_symbols(struct prune *p, uint8_t *used) {
    const struct image *from = p->from;
    uint32_t count = from->symbol_count;
    for (uint32_t i = 0; count && i < p->to.node_count; i++) {
        const struct image_symbol *found =
            bsearch(&p->to.nodes[i], from->symbols, count, sizeof *found, by_place);
        if (found)
            used[found - from->symbols] = 1;
    }
    p->to.symbol_count = 0;
    for (uint32_t i = 0; i < count; i++)
        if (used[i])
            p->to.symbols[p->to.symbol_count++] = from->symbols[i];
}

int image_prune(struct image *image, struct pool *pool) {
    struct pool scratch = {0};
    struct prune p = {.from = image, .to = *image};
    uint8_t *used = pool_array(&scratch, image->symbol_count, 1);
    p.node = pool_array(&scratch, image->node_count, sizeof *p.node);
    p.to.nodes = pool_array(pool, image->node_count, sizeof *p.to.nodes);
    p.to.sites = pool_array(pool, image->site_count, sizeof *p.to.sites);
    p.to.symbols = pool_array(pool, image->symbol_count, sizeof *p.to.symbols);
    int failed = !used || !p.node || !p.to.nodes || !p.to.sites || !p.to.symbols;
    if (!failed) {
        mark_nodes(&p);
        copy_nodes(&p);
        copy_sites(&p);
        copy_symbols(&p, used);
        *image = p.to;
    }
    pool_fini(&scratch);
    return failed ? -1 : 0;
}

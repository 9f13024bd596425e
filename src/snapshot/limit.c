#include "snapshot/limit.h"
#include <string.h>
#include "base/arena.h"
#include "snapshot/index_set.h"

struct limit {
    struct image *image;
    uint32_t nframe;
    struct pool scratch;
    uint32_t *depth;  /* of each old node; the root and <not recorded> have 0 */
    uint32_t *placed; /* new node of an old one that needs no cut; 0: not yet */
    uint32_t *chain;  /* old nodes of one path, innermost first */
    uint32_t *merged; /* [old site]: the new one */
    struct image_node *nodes;
    uint32_t node_count, node_capacity;
    struct index_set by_frame;
};

static int is_same_node(const void *context, uint32_t index, const void *key) {
    const struct limit *l = context;
    const struct image_node *a = &l->nodes[index], *b = key;
    return a->ip == b->ip && a->parent == b->parent && a->module == b->module &&
           a->exact == b->exact;
}

static int grow_nodes(struct limit *l) {
    if (l->node_count < l->node_capacity)
        return 0;
    if (l->node_capacity > UINT32_MAX / 2)
        return -1;
    uint32_t capacity = l->node_capacity ? l->node_capacity * 2 : 1024;
    struct image_node *nodes = pool_array(&l->scratch, capacity, sizeof *nodes);
    if (!nodes)
        return -1;
    if (l->node_count)
        memcpy(nodes, l->nodes, l->node_count * sizeof *nodes);
    l->nodes = nodes;
    l->node_capacity = capacity;
    return 0;
}

/* The new node for `old`'s frame under the new `parent`. UINT32_MAX: no memory. */
static uint32_t enter_node(struct limit *l, uint32_t parent, const struct image_node *old) {
    if (grow_nodes(l))
        return UINT32_MAX;
    struct image_node node = *old;
    node.parent = parent;
    uint64_t hash = hash_mix(hash_mix(node.ip, parent), (uint64_t)node.module << 1 | node.exact);
    uint32_t index = index_set_enter(&l->by_frame, hash, &node, l->node_count);
    if (index == l->node_count)
        l->nodes[l->node_count++] = node;
    return index;
}

/* The new node for the cut path of `node`: up to the cut or to what is placed already, then down.
 */
static uint32_t place(struct limit *l, uint32_t node) {
    const struct image_node *old = l->image->nodes;
    int is_cut = l->depth[node] > l->nframe;
    uint32_t length = 0, at = node;
    while (l->depth[at] && length < l->nframe && (is_cut || !l->placed[at])) {
        l->chain[length++] = at;
        at = old[at].parent;
    }
    uint32_t to = is_cut ? ARENA_NODE_ROOT : l->depth[at] ? l->placed[at] : at;
    while (length && to != UINT32_MAX) {
        uint32_t from = l->chain[--length];
        to = enter_node(l, to, &old[from]);
        if (!is_cut)
            l->placed[from] = to;
    }
    return to;
}

/* 1: some path is longer than the limit, 0: none is. */
static int measure(struct limit *l) {
    uint32_t count = l->image->node_count;
    int is_exceeded = 0;
    l->depth = pool_array(&l->scratch, count, sizeof *l->depth);
    if (!l->depth)
        return -1;
    for (uint32_t i = ARENA_NODE_NOT_RECORDED + 1; i < count; i++) {
        l->depth[i] = l->depth[l->image->nodes[i].parent] + 1;
        is_exceeded |= l->depth[i] > l->nframe;
    }
    return is_exceeded;
}

static int begin(struct limit *l) {
    l->placed = pool_array(&l->scratch, l->image->node_count, sizeof *l->placed);
    l->chain = pool_array(&l->scratch, l->nframe, sizeof *l->chain);
    l->merged = pool_array(&l->scratch, l->image->site_count, sizeof *l->merged);
    if (!l->placed || !l->chain || !l->merged || grow_nodes(l))
        return -1;
    l->node_count = ARENA_NODE_NOT_RECORDED + 1; /* both are zero */
    return 0;
}

static int is_same_site(const void *context, uint32_t index, const void *key) {
    const struct image_site *a = &((const struct image *)context)->sites[index], *b = key;
    return a->node == b->node && a->domain == b->domain && a->type == b->type;
}

static void add_count(struct heapline_count *to, const struct heapline_count *from) {
    to->bytes += from->bytes;
    to->count += from->count;
}

static void add_site(struct image_site *to, const struct image_site *from) {
    to->cut = to->cut > from->cut ? to->cut : from->cut;
    add_count(&to->current, &from->current);
    add_count(&to->peak, &from->peak);
    add_count(&to->total, &from->total);
    to->temporary += from->temporary;
}

/* In place: a merged site never lies behind the ones that it is made of. */
static int merge_sites(struct limit *l) {
    struct image *image = l->image;
    struct index_set set = {.pool = &l->scratch, .equal = is_same_site, .context = image};
    uint32_t kept = 0;
    for (uint32_t i = 0; i < image->site_count; i++) {
        struct image_site site = image->sites[i];
        if (l->depth[site.node] > l->nframe)
            site.cut = (int32_t)(l->depth[site.node] - l->nframe);
        site.node = place(l, site.node);
        if (site.node == UINT32_MAX)
            return -1;
        uint64_t hash = hash_mix(hash_mix(site.node, site.domain), site.type);
        uint32_t index = index_set_enter(&set, hash, &site, kept);
        if (index == UINT32_MAX)
            return -1;
        l->merged[i] = index;
        if (index == kept)
            image->sites[kept++] = site;
        else
            add_site(&image->sites[index], &site);
    }
    image->site_count = kept;
    for (uint32_t i = 0; i < image->block_count; i++)
        image->blocks[i].site = l->merged[image->blocks[i].site];
    return 0;
}

static int keep_nodes(struct limit *l) {
    struct image_node *nodes = pool_array(&l->image->pool, l->node_count, sizeof *nodes);
    if (!nodes)
        return -1;
    memcpy(nodes, l->nodes, l->node_count * sizeof *nodes);
    l->image->nodes = nodes;
    l->image->node_count = l->node_count;
    return 0;
}

int image_limit(struct image *image, uint32_t nframe) {
    if (!nframe)
        return 0;
    struct limit l = {.image = image, .nframe = nframe};
    l.by_frame = (struct index_set){.pool = &l.scratch, .equal = is_same_node, .context = &l};
    int result = measure(&l);
    if (result > 0)
        result = begin(&l) || merge_sites(&l) || keep_nodes(&l) ? -1 : 0;
    pool_fini(&l.scratch);
    return result;
}

#include "snapshot/limit.h"
#include "base/arena.h"

#define HASH_POOL (&l->scratch)
#include "base/hash.h"

struct new_node {
    UT_hash_handle hh;
    struct image_node node; /* the key */
    uint32_t index;
};
struct new_site {
    UT_hash_handle hh;
    struct image_site *site; /* which begins with the key */
};
enum { SITE_KEY = offsetof(struct image_site, type) + sizeof(uint32_t) };
_Static_assert(sizeof(struct image_node) == 16 && SITE_KEY == 12, "keys have no padding");

struct limit {
    struct image *image;
    uint32_t nframe;
    struct pool scratch;
    uint32_t *depth;  /* of each old node; the root and <not recorded> have 0 */
    uint32_t *placed; /* new node of an old one that needs no cut; 0: not yet */
    uint32_t *chain;  /* old nodes of one path, innermost first */
    struct new_node *nodes;
    struct new_site *sites;
};

/* The root and <not recorded> are no elements of the table. */
static uint32_t next_node(const struct limit *l) {
    return ARENA_NODE_NOT_RECORDED + 1 + HASH_COUNT(l->nodes);
}

/* The new node for `old`'s frame under the new `parent`. UINT32_MAX: no memory. */
static uint32_t enter_node(struct limit *l, uint32_t parent, const struct image_node *old) {
    struct image_node node = *old;
    struct new_node *known = NULL;
    node.parent = parent;
    unsigned hash = 0;
    HASH_VALUE(&node, sizeof node, hash);
    HASH_FIND_BYHASHVALUE(hh, l->nodes, &node, sizeof node, hash, known);
    if (known)
        return known->index;
    struct new_node *added = pool_alloc(&l->scratch, sizeof *added);
    if (!added)
        return UINT32_MAX;
    added->node = node;
    added->index = next_node(l);
    HASH_ADD_BYHASHVALUE(hh, l->nodes, node, sizeof node, hash, added);
    return added->hh.tbl ? added->index : UINT32_MAX;
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
    return l->placed && l->chain ? 0 : -1;
}

static void add_count(struct heapline_count *to, const struct heapline_count *from) {
    to->bytes += from->bytes;
    to->count += from->count;
}

static void add_site(struct image_site *to, const struct image_site *from) {
    add_count(&to->current, &from->current);
    add_count(&to->peak, &from->peak);
    add_count(&to->total, &from->total);
    to->temporary += from->temporary;
}

/* Sums `site` up with what it equals, or moves it to the end of those kept. -1: no memory. */
static int merge_site(struct limit *l, const struct image_site *site) {
    struct image *image = l->image;
    struct new_site *known = NULL;
    HASH_FIND(hh, l->sites, site, SITE_KEY, known);
    if (known) {
        add_site(known->site, site);
        return 0;
    }
    struct new_site *added = pool_alloc(&l->scratch, sizeof *added);
    if (!added)
        return -1;
    added->site = &image->sites[image->site_count++];
    *added->site = *site;
    HASH_ADD_KEYPTR(hh, l->sites, added->site, SITE_KEY, added);
    return added->hh.tbl ? 0 : -1;
}

/* In place: a merged site never lies behind the ones that it is made of. */
static int merge_sites(struct limit *l) {
    uint32_t count = l->image->site_count;
    l->image->site_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct image_site site = l->image->sites[i];
        site.node = place(l, site.node);
        if (site.node == UINT32_MAX || merge_site(l, &site))
            return -1;
    }
    return 0;
}

static int keep_nodes(struct limit *l) {
    uint32_t count = next_node(l);
    struct image_node *nodes = pool_array(&l->image->pool, count, sizeof *nodes);
    if (!nodes)
        return -1;
    for (const struct new_node *new = l->nodes; new; new = new->hh.next)
        nodes[new->index] = new->node;
    l->image->nodes = nodes;
    l->image->node_count = count;
    return 0;
}

int image_limit(struct image *image, uint32_t nframe) {
    if (!nframe)
        return 0;
    struct limit l = {.image = image, .nframe = nframe};
    int result = measure(&l);
    if (result > 0)
        result = begin(&l) || merge_sites(&l) || keep_nodes(&l) ? -1 : 0;
    pool_fini(&l.scratch);
    return result;
}

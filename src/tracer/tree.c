#include <stddef.h>

#include "base/sys.h"
#include "tracer/lock.h"
#include "tracer/store.h"
#include "tracer/thread.h"
#include "tracer/tree.h"
#include "tracer/usage.h"

/* Open addressing; an entry of 0 is empty. Nodes are found by their index alone: they say
 * themselves which they are. Sites are found without touching the arena: an entry is the index in
 * the low bits and a part of the hash in the others. Old tables stay mapped for those who still
 * read them, but empty. */
struct table {
    uint64_t mask, used;
    size_t width; /* of an entry, in bytes */
    union {
        uint64_t site[0];
        uint32_t node[0];
    };
};
enum { FIRST_ENTRIES = 2048, SITE_BITS = 24 };
static struct table *sites; /* by the hash of the whole path */
static struct table *nodes; /* by the hash of the path down to the node */

#define INDEX_OF(entry) ((uint32_t)((entry) & ((UINT64_C(1) << SITE_BITS) - 1)))
#define TAG_OF(hash) ((hash) & ~((UINT64_C(1) << SITE_BITS) - 1))
_Static_assert(ARENA_SITE_MAX < 1 << SITE_BITS, "a site fits its entry");

static size_t table_size(uint64_t entries, size_t width) {
    return sizeof(struct table) + entries * width;
}

static struct table *make_table(uint64_t entries, size_t width) {
    struct table *made = sys_pages(table_size(entries, width));
    if (made != NULL) {
        made->mask = entries - 1;
        made->width = width;
        usage_add(table_size(entries, width));
    }
    return made;
}

static void enter_site(struct table *t, uint64_t hash, uint32_t site) {
    uint64_t i = hash & t->mask;
    while (t->site[i] != 0)
        i = (i + 1) & t->mask;
    t->used++; /* first: a child that is forked here may count too much, never too little */
    __atomic_store_n(&t->site[i], TAG_OF(hash) | site, __ATOMIC_RELEASE);
}

static void enter_node(struct table *t, uint64_t hash, uint32_t node) {
    uint64_t i = hash & t->mask;
    while (t->node[i] != 0)
        i = (i + 1) & t->mask;
    t->used++;
    t->node[i] = node;
}

/* The hash of every node's path; NULL: no memory. To be unmapped. */
static uint64_t *hash_nodes(uint64_t count) {
    uint64_t *hash = sys_pages(count * sizeof *hash);
    if (hash == NULL)
        return NULL;
    hash[ARENA_NODE_ROOT] = PATH_HASH_ROOT;
    for (uint64_t i = ARENA_NODE_NOT_RECORDED + 1; i < count; i++)
        hash[i] = path_hash(hash[store.nodes[i].parent], store.nodes[i].ip_module);
    return hash;
}

static void enter_sites(struct table *t, const uint64_t *hash) {
    uint64_t count = store.header->segment[ARENA_SITES].used;
    for (uint64_t i = ARENA_SITE_NOT_RECORDED + 1; i < count; i++) {
        uint64_t h = hash[store.sites[i].node];
        if (store.sites[i].domain == 0 && store.sites[i].type == 0)
            enter_site(t, h, (uint32_t)i);
    }
}

static void enter_nodes(struct table *t, const uint64_t *hash) {
    uint64_t count = store.header->segment[ARENA_NODES].used;
    for (uint64_t i = ARENA_NODE_NOT_RECORDED + 1; i < count; i++)
        enter_node(t, hash[i], (uint32_t)i);
}

int tree_init(void) {
    sites = make_table(FIRST_ENTRIES, sizeof *sites->site);
    nodes = make_table(FIRST_ENTRIES, sizeof *nodes->node);
    return sites != NULL && nodes != NULL ? 0 : -1;
}

void tree_count(struct arena_header *header) {
    header->segment[ARENA_NODES].used = nodes->used + ARENA_NODE_NOT_RECORDED + 1;
    header->segment[ARENA_SITES].used = header->segment[ARENA_STATS].used =
        sites->used + ARENA_SITE_NOT_RECORDED + 1;
}

static struct table *make_bigger(const struct table *old,
                                 void (*enter_all)(struct table *, const uint64_t *)) {
    uint64_t count = store.header->segment[ARENA_NODES].used;
    struct table *bigger = store.may_grow ? make_table((old->mask + 1) * 2, old->width) : NULL;
    uint64_t *hash = bigger != NULL ? hash_nodes(count) : NULL;
    if (hash != NULL) {
        enter_all(bigger, hash);
        sys_munmap(hash, count * sizeof *hash);
        return bigger;
    }
    if (bigger != NULL)
        sys_munmap(bigger, table_size(bigger->mask + 1, bigger->width));
    return NULL;
}

/* Gives its memory back. Who still looks something up in it finds nothing, and asks again under the
 * lock. */
static void empty(struct table *t) {
    size_t size = table_size(t->mask + 1, t->width);
    if (sys_madvise(t, size, MADV_DONTNEED) == 0)
        usage_add(-size);
}

/* Without memory for a bigger table the present one is filled up to its last entry but one, which
 * stays empty so that look-ups end. */
static int grow_if_full(struct table **table, void (*enter_all)(struct table *, const uint64_t *)) {
    struct table *old = *table, *bigger;
    if (old->used * 3 < (old->mask + 1) * 2)
        return 0;
    bigger = make_bigger(old, enter_all);
    if (bigger == NULL)
        return old->used < old->mask ? 0 : -1;
    __atomic_store_n(table, bigger, __ATOMIC_RELEASE);
    empty(old);
    return 0;
}

static uint32_t find_node(uint32_t parent, uint64_t ip_module, uint64_t hash) {
    for (uint64_t i = hash & nodes->mask; nodes->node[i] != 0; i = (i + 1) & nodes->mask) {
        const struct arena_node *node = &store.nodes[nodes->node[i]];
        if (node->parent == parent && node->ip_module == ip_module)
            return nodes->node[i];
    }
    return 0;
}

/* Needs the lock. */
static uint32_t find_or_make(uint32_t parent, const struct path_frame *f) {
    struct arena_extent *extent = &store.header->segment[ARENA_NODES];
    uint32_t node = find_node(parent, f->ip_module, f->hash);
    if (node != 0)
        return node;
    if (store_reserve(ARENA_NODES, 1) != 0 || grow_if_full(&nodes, enter_nodes) != 0) {
        store_note(ARENA_NOTE_NODES_FULL);
        return ARENA_NODE_NOT_RECORDED;
    }
    node = (uint32_t)extent->used;
    store.nodes[node] = (struct arena_node){.ip_module = f->ip_module, .parent = parent};
    __atomic_store_n(&extent->used, node + 1, __ATOMIC_RELEASE);
    enter_node(nodes, f->hash, node);
    return node;
}

static uint32_t find_site(const struct table *t, uint64_t hash) {
    for (uint64_t i = hash & t->mask;; i = (i + 1) & t->mask) {
        uint64_t entry = __atomic_load_n(&t->site[i], __ATOMIC_ACQUIRE);
        if (entry == 0)
            return ARENA_SITE_NONE;
        if (TAG_OF(entry) == TAG_OF(hash))
            return INDEX_OF(entry);
    }
}

/* In a forked child the number may be one that the parent has given since: it is nothing here, or
 * another node's site. */
static int has_site(uint32_t node) {
    uint32_t site = store.nodes[node].site;
    return site != ARENA_SITE_NONE && site < store.header->segment[ARENA_SITES].used &&
           store.sites[site].node == node;
}

/* Needs the lock. */
static uint32_t find_or_make_site(uint32_t node, uint64_t hash) {
    struct arena_extent *extent = &store.header->segment[ARENA_SITES];
    uint32_t site = (uint32_t)extent->used;
    if (has_site(node)) /* made while we waited for the lock */
        return store.nodes[node].site;
    if (site >= ARENA_SITE_MAX || store_reserve(ARENA_SITES, 1) != 0 ||
        store_reserve(ARENA_STATS, 1) != 0 || grow_if_full(&sites, enter_sites) != 0) {
        store_note(ARENA_NOTE_NODES_FULL);
        return ARENA_SITE_NOT_RECORDED;
    }
    store.sites[site].node = node;
    store.header->segment[ARENA_STATS].used = site + 1;
    __atomic_store_n(&extent->used, site + 1, __ATOMIC_RELEASE);
    __atomic_store_n(&store.nodes[node].site, site, __ATOMIC_RELEASE);
    enter_site(sites, hash, site);
    return site;
}

/* From the innermost frame whose node is known. Needs the lock. */
static uint32_t make_site(struct path *p, uint64_t hash) {
    uint32_t i = p->depth, node;
    while (i > 0 && p->frame[i - 1].node == 0)
        i--;
    node = i > 0 ? p->frame[i - 1].node : ARENA_NODE_ROOT;
    for (; i < p->depth; i++) {
        struct path_frame *f = &p->frame[i];
        if (!f->own)
            node = find_or_make(node, f);
        if (node == ARENA_NODE_NOT_RECORDED)
            return ARENA_SITE_NOT_RECORDED;
        f->node = node;
    }
    return find_or_make_site(node, hash);
}

uint32_t tree_site(struct path *p, struct path_end *end, struct thread *t) {
    uint32_t site = find_site(__atomic_load_n(&sites, __ATOMIC_ACQUIRE), end->hash);
    if (site == ARENA_SITE_NONE && lock_take(t)) {
        site = make_site(p, end->hash);
        lock_release();
    }
    if (site == ARENA_SITE_NONE || site == ARENA_SITE_NOT_RECORDED)
        return ARENA_SITE_NOT_RECORDED;
    end->site = site;
    return site;
}

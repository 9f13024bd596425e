#include <stddef.h>

#include "base/sys.h"
#include "tracer/lock.h"
#include "tracer/modules.h"
#include "tracer/store.h"
#include "tracer/tree.h"
#include "tracer/usage.h"

/* Open addressing; an entry is the node in the low half and, in the high half, the generation of
 * loaded objects at which the node was known to lie in its module. 0: empty. Old tables stay mapped
 * for those who still read them; together they are no larger than the present one. */
struct table {
    uint64_t mask, used;
    uint64_t entry[];
};
static struct table *table;
enum { FIRST_ENTRIES = 2048, NO_NODE = 0 };

static size_t table_size(uint64_t entries) {
    return sizeof(struct table) + entries * sizeof(uint64_t);
}

static struct table *make_table(uint64_t entries) {
    struct table *made = sys_pages(table_size(entries));
    if (made != NULL) {
        made->mask = entries - 1;
        usage_add(table_size(entries));
    }
    return made;
}

int tree_init(void) {
    table = make_table(FIRST_ENTRIES);
    return table != NULL ? 0 : -1;
}

static uint64_t hash(uint32_t parent, uint64_t ip) {
    uint64_t h = (ip ^ (uint64_t)parent << 32 ^ parent) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

static uint64_t pack(uint32_t node, uint32_t generation) {
    return (uint64_t)generation << 32 | node;
}

static uint64_t pc_of(uint64_t ip) {
    uint64_t address = ip & ARENA_IP_MASK;
    return ip & PATH_EXACT ? address : address - 1;
}

/* Does the node still stand for this address, after objects may have come and gone? */
static int is_current(uint64_t *entry, uint64_t value, const struct arena_node *n, uint64_t ip) {
    uint32_t generation = modules_current();
    if (__builtin_expect((uint32_t)(value >> 32) == generation, 1))
        return 1;
    if (!modules_still(pc_of(ip), (uint32_t)(n->ip_module >> ARENA_MODULE_SHIFT)))
        return 0;
    __atomic_store_n(entry, pack((uint32_t)value, generation), __ATOMIC_RELAXED);
    return 1;
}

static uint32_t find(struct table *t, uint32_t parent, uint64_t ip) {
    for (uint64_t i = hash(parent, ip) & t->mask;; i = (i + 1) & t->mask) {
        uint64_t value = __atomic_load_n(&t->entry[i], __ATOMIC_ACQUIRE);
        const struct arena_node *n = &store.nodes[(uint32_t)value];
        if (value == 0)
            return NO_NODE;
        if (n->parent == parent && (n->ip_module & PATH_IP) == ip &&
            is_current(&t->entry[i], value, n, ip))
            return (uint32_t)value;
    }
}

static void enter(struct table *t, uint32_t parent, uint64_t ip, uint64_t value) {
    uint64_t i = hash(parent, ip) & t->mask;
    while (t->entry[i] != 0)
        i = (i + 1) & t->mask;
    __atomic_store_n(&t->entry[i], value, __ATOMIC_RELEASE);
    t->used++;
}

/* Without memory for a bigger table the present one is filled up to its last entry but one, which
 * stays empty so that look-ups end. */
static int grow_if_full(void) {
    struct table *old = table, *bigger;
    if (old->used * 3 < (old->mask + 1) * 2)
        return 0;
    bigger = store.may_grow ? make_table((old->mask + 1) * 2) : NULL;
    if (bigger == NULL)
        return old->used < old->mask ? 0 : -1;
    for (uint64_t i = 0; i <= old->mask; i++) {
        const struct arena_node *n = &store.nodes[(uint32_t)old->entry[i]];
        if (old->entry[i] != 0)
            enter(bigger, n->parent, n->ip_module & PATH_IP, old->entry[i]);
    }
    __atomic_store_n(&table, bigger, __ATOMIC_RELEASE);
    return 0;
}

/* Needs the lock. */
static uint32_t find_or_make(uint32_t parent, uint64_t ip) {
    struct arena_extent *extent = &store.header->segment[ARENA_NODES];
    uint32_t node = find(table, parent, ip), module;
    if (node != NO_NODE)
        return node;
    if (store_reserve(ARENA_NODES, 1) != 0 || grow_if_full() != 0) {
        store_note(ARENA_NOTE_NODES_FULL);
        return ARENA_NODE_NOT_RECORDED;
    }
    module = modules_find(pc_of(ip));
    node = (uint32_t)extent->used;
    store.nodes[node] = (struct arena_node){
        .ip_module = ip | (uint64_t)module << ARENA_MODULE_SHIFT, .parent = parent};
    __atomic_store_n(&extent->used, node + 1, __ATOMIC_RELEASE);
    enter(table, parent, ip, pack(node, modules_current()));
    return node;
}

/* Needs the lock. */
static uint32_t find_or_make_site(uint32_t node) {
    struct arena_extent *extent = &store.header->segment[ARENA_SITES];
    uint32_t site = (uint32_t)extent->used;
    if (store.nodes[node].site != ARENA_SITE_NONE)
        return store.nodes[node].site;
    if (site >= ARENA_SITE_MAX || store_reserve(ARENA_SITES, 1) != 0 ||
        store_reserve(ARENA_STATS, 1) != 0) {
        store_note(ARENA_NOTE_NODES_FULL);
        return ARENA_SITE_NOT_RECORDED;
    }
    store.sites[site].node = node;
    store.header->segment[ARENA_STATS].used = site + 1;
    __atomic_store_n(&extent->used, site + 1, __ATOMIC_RELEASE);
    __atomic_store_n(&store.nodes[node].site, site, __ATOMIC_RELEASE);
    return site;
}

/* The innermost frames from `i` on, below `node`, under the lock. What could not be entered is not
 * taken for known at the next event. */
static uint32_t insert(struct path *path, uint32_t i, uint32_t node, struct thread *t) {
    uint32_t site;
    if (!lock_take(t)) {
        path->generation = 0;
        return ARENA_SITE_NOT_RECORDED;
    }
    for (; i < path->count; i++) {
        struct path_frame *f = &path->frame[i];
        if (node != ARENA_NODE_NOT_RECORDED && !(f->ip & PATH_OWN))
            node = find_or_make(node, f->ip);
        f->node = node;
    }
    site = find_or_make_site(node);
    lock_release();
    return site;
}

uint32_t tree_site(struct path *path, struct thread *t) {
    struct table *now = __atomic_load_n(&table, __ATOMIC_ACQUIRE);
    uint32_t i = path->known, node = i > 0 ? path->frame[i - 1].node : ARENA_NODE_ROOT, site;
    for (; i < path->count; i++) {
        struct path_frame *f = &path->frame[i];
        uint32_t child = f->ip & PATH_OWN ? node : find(now, node, f->ip);
        if (child == NO_NODE && !(f->ip & PATH_OWN))
            return insert(path, i, node, t);
        f->node = node = child;
    }
    site = __atomic_load_n(&store.nodes[node].site, __ATOMIC_ACQUIRE);
    return site != ARENA_SITE_NONE ? site : insert(path, i, node, t);
}

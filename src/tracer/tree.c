#include <stddef.h>
#include <string.h>

#include "base/sys.h"
#include "heapline.h"
#include "tracer/blockmap.h"
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

uint32_t tree_first = ARENA_SITE_FIRST, tree_span = ARENA_SITE_MAX - ARENA_SITE_FIRST;
uint32_t tree_rounds;

/* Sites in other domains or with types: round and number of the plain site above, its own below.
 * An entry may be of another domain or type, or of a site that counts no more. */
enum { TYPED_BITS = 12 };
static uint64_t typed[1 << TYPED_BITS];

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

/* What a site is found by: its path's hash, or, in another domain or with a type, its own. */
static uint64_t hash_in(uint32_t node, uint32_t domain, uint32_t type) {
    return path_hash(path_hash(node, domain), type);
}

static void enter_sites(struct table *t, const uint64_t *hash) {
    const struct arena_extent *extent = &store.header->segment[ARENA_SITES];
    for (uint64_t i = extent->first + 1; i < extent->used; i++) {
        const struct arena_site *s = &store.sites[i];
        int is_plain = s->domain == 0 && s->type == 0;
        enter_site(t, is_plain ? hash[s->node] : hash_in(s->node, s->domain, s->type), (uint32_t)i);
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
    for (int s = ARENA_SITES; s <= ARENA_STATS; s++) {
        header->segment[s].first = tree_first;
        header->segment[s].used = sites->used + tree_first + 1;
    }
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
    return tree_is_current(site) && site < store.header->segment[ARENA_SITES].used &&
           store.sites[site].node == node;
}

/* Needs the lock. */
static uint32_t make_site(struct arena_site made, uint64_t hash) {
    struct arena_extent *extent = &store.header->segment[ARENA_SITES];
    uint32_t site = (uint32_t)extent->used;
    if (!tree_is_current(site) || store_reserve(ARENA_SITES, 1) != 0 ||
        store_reserve(ARENA_STATS, 1) != 0 || grow_if_full(&sites, enter_sites) != 0) {
        store_note(ARENA_NOTE_NODES_FULL);
        return tree_not_recorded();
    }
    store.sites[site] = made;
    store.stats[site] = (struct arena_stat){.epoch = 0};
    __atomic_store_n(&store.header->segment[ARENA_STATS].used, site + 1, __ATOMIC_RELEASE);
    __atomic_store_n(&extent->used, site + 1, __ATOMIC_RELEASE);
    enter_site(sites, hash, site);
    return site;
}

/* Needs the lock. */
static uint32_t find_or_make_site(uint32_t node, uint64_t hash) {
    uint32_t site;
    if (has_site(node)) /* made while we waited for the lock */
        return store.nodes[node].site;
    site = make_site((struct arena_site){.node = node}, hash);
    if (site != tree_not_recorded())
        __atomic_store_n(&store.nodes[node].site, site, __ATOMIC_RELEASE);
    return site;
}

/* From the innermost frame whose node is known. Needs the lock. */
static uint32_t make_path(struct path *p, uint64_t hash) {
    uint32_t i = p->depth, node;
    while (i > 0 && p->frame[i - 1].node == 0)
        i--;
    node = i > 0 ? p->frame[i - 1].node : ARENA_NODE_ROOT;
    for (; i < p->depth; i++) {
        struct path_frame *f = &p->frame[i];
        if (!f->own)
            node = find_or_make(node, f);
        if (node == ARENA_NODE_NOT_RECORDED)
            return tree_not_recorded();
        f->node = node;
    }
    return find_or_make_site(node, hash);
}

/* One that is found may be about to be cleared. */
static uint32_t find_current(uint64_t hash) {
    uint32_t site = find_site(__atomic_load_n(&sites, __ATOMIC_ACQUIRE), hash);
    return tree_is_current(site) ? site : ARENA_SITE_NONE;
}

uint32_t tree_site(struct path *p, struct path_end *end, struct thread *t) {
    uint32_t site = find_current(end->hash);
    if (site == ARENA_SITE_NONE && lock_take(t)) {
        site = make_path(p, end->hash);
        lock_release();
    }
    if (site == ARENA_SITE_NONE || site == tree_not_recorded())
        return tree_not_recorded();
    end->site = site;
    return site;
}

static uint64_t *typed_entry(uint32_t site, uint32_t type) {
    return &typed[(site * 0x9E3779B1U ^ type * 0x85EBCA77U) >> (32 - TYPED_BITS)];
}

static uint64_t typed_key(uint32_t site) {
    return (uint64_t)(tree_round() << SITE_BITS | site) << SITE_BITS;
}

static int is_site_in(uint32_t index, uint32_t domain, uint32_t type) {
    const struct arena_site *site = &store.sites[index];
    uint64_t used = __atomic_load_n(&store.header->segment[ARENA_SITES].used, __ATOMIC_ACQUIRE);
    return tree_is_current(index) && index < used && site->domain == domain && site->type == type;
}

static uint32_t module_of(uint32_t node) {
    return (uint32_t)(store.nodes[node].ip_module >> ARENA_MODULE_SHIFT);
}

/* The innermost frame outside of the library that has the innermost one: of objects, who asked for
 * them counts, not their runtime. */
static uint32_t caller_of(uint32_t node) {
    uint32_t module = module_of(node), caller = node;
    if (module == 0 || store.modules[module].flags & ARENA_MODULE_MAIN)
        return node;
    while (caller > ARENA_NODE_NOT_RECORDED && module_of(caller) == module)
        caller = store.nodes[caller].parent;
    return caller > ARENA_NODE_NOT_RECORDED ? caller : node;
}

static uint32_t find_or_make_in(struct arena_site wanted, struct thread *t) {
    uint64_t hash = hash_in(wanted.node, wanted.domain, wanted.type);
    uint32_t found = find_current(hash);
    if (found == ARENA_SITE_NONE && lock_take(t)) {
        found = find_current(hash); /* made while we waited for the lock */
        if (found == ARENA_SITE_NONE)
            found = make_site(wanted, hash);
        lock_release();
    }
    return found;
}

static __attribute__((noinline)) uint32_t site_in(uint32_t site, uint32_t domain, uint32_t type,
                                                  struct thread *t) {
    uint64_t *entry = typed_entry(site, type), key = typed_key(site);
    struct arena_site wanted = {store.sites[site].node, domain, type};
    if (domain == HEAPLINE_DOMAIN_OBJECTS)
        wanted.node = caller_of(wanted.node);
    site = find_or_make_in(wanted, t);
    __atomic_store_n(entry, key | site, __ATOMIC_RELEASE);
    return site;
}

uint32_t tree_site_in(uint32_t site, uint32_t domain, uint32_t type, struct thread *t) {
    if (domain == HEAPLINE_DOMAIN_MALLOC && type == 0)
        return site;
    uint64_t held = __atomic_load_n(typed_entry(site, type), __ATOMIC_ACQUIRE);
    if ((held ^ typed_key(site)) >> SITE_BITS == 0 && is_site_in(INDEX_OF(held), domain, type))
        return INDEX_OF(held);
    return site_in(site, domain, type, t);
}

int tree_list_frames(uint32_t site, uintptr_t *address, int max, int *total_nframe) {
    uint32_t node = site != ARENA_SITE_NONE ? store.sites[site].node : ARENA_NODE_ROOT;
    int count = 0, wanted = address != NULL && max > 0 ? max : 0;
    for (; node > ARENA_NODE_NOT_RECORDED; node = store.nodes[node].parent, count++)
        if (count < wanted)
            address[count] = (uintptr_t)ARENA_IP_UNPACK(store.nodes[node].ip_module);
    if (total_nframe != NULL)
        *total_nframe = count;
    return count < wanted ? count : wanted;
}

/* Behind the sites that there were. Where no more than an eighth is left, or when the upper half is
 * used up, from the beginning: the block map must hold none of the old ones then. */
static int begins_anew(uint32_t used) {
    uint64_t most = store.header->segment[ARENA_SITES].capacity / sizeof(struct arena_site);
    if (most > ARENA_SITE_MAX)
        most = ARENA_SITE_MAX;
    return used > most - most / 8 || (used > most / 2 && tree_first > most / 4);
}

void tree_forget_traces(void) {
    __atomic_fetch_add(&tree_rounds, 1, __ATOMIC_RELAXED);
}

void tree_forget_begin(void) {
    __atomic_store_n(&tree_span, 0, __ATOMIC_RELEASE);
}

/* Nobody finds anything any more. */
static void forget_entries(struct table *t) {
    for (uint64_t i = 0; i <= t->mask; i++)
        __atomic_store_n(&t->site[i], 0, __ATOMIC_RELAXED);
    t->used = 0;
}

int tree_forget_end(void) {
    struct arena_extent *extent = store.header->segment;
    uint32_t first = (uint32_t)extent[ARENA_SITES].used, end = ARENA_SITE_MAX;
    if (begins_anew(first)) {
        end = tree_first > ARENA_SITE_MAX / 4 ? tree_first : ARENA_SITE_MAX;
        first = ARENA_SITE_FIRST;
        tree_forget_traces();
        blockmap_forget();
    }
    for (int s = ARENA_SITES; s <= ARENA_STATS; s++) {
        store_release((enum arena_segment)s, first);
        __atomic_store_n(&extent[s].used, first, __ATOMIC_RELEASE);
    }
    forget_entries(sites);
    if (store_reserve(ARENA_SITES, 1) != 0 || store_reserve(ARENA_STATS, 1) != 0)
        return -1;
    store.sites[first] = (struct arena_site){.node = ARENA_NODE_NOT_RECORDED};
    store.stats[first] = (struct arena_stat){.epoch = 0};
    for (int s = ARENA_SITES; s <= ARENA_STATS; s++)
        __atomic_store_n(&extent[s].used, first + 1, __ATOMIC_RELEASE);
    __atomic_store_n(&tree_first, first, __ATOMIC_RELAXED);
    __atomic_store_n(&tree_span, end - first, __ATOMIC_RELEASE);
    return 0;
}

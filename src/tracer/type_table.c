#include "tracer/type_table.h"
#include <string.h>

#include "base/hash.h"
#include "base/sys.h"
#include "tracer/store.h"
#include "tracer/usage.h"

/* Open addressing; at least half of the entries are empty. */
struct table {
    uint64_t mask;
    uint32_t entered; /* the last type that is in it; all before it are, too */
    struct entry {
        uint32_t hash, type; /* type 0: empty */
    } entry[];
};
enum { FIRST_ENTRIES = 256 };
static struct table *table; /* NULL: there is none yet */

static size_t size_of(uint64_t entries) {
    return sizeof(struct table) + entries * sizeof(struct entry);
}

static uint32_t hash_name(uint32_t domain, const char *name, uint32_t size) {
    return hash_bytes(name, size) ^ hash_bytes(&domain, sizeof domain);
}

static int is_same(const struct arena_type *t, uint32_t domain, const char *name, uint32_t size) {
    return t->domain == domain && t->name_size == size &&
           memcmp(store.strings + t->name, name, size) == 0;
}

/* In this order: a child that is made in between enters the type twice, which does no harm. */
static void enter(struct table *to, uint32_t type) {
    const struct arena_type *t = &store.types[type];
    uint32_t hash = hash_name(t->domain, store.strings + t->name, t->name_size);
    uint64_t i = hash & to->mask;
    while (to->entry[i].type != 0)
        i = (i + 1) & to->mask;
    to->entry[i].hash = hash;
    __atomic_store_n(&to->entry[i].type, type, __ATOMIC_RELEASE);
    __atomic_store_n(&to->entered, type, __ATOMIC_RELEASE);
}

static int has_room(const struct table *t, uint32_t last) {
    return t != NULL && (uint64_t)last * 2 <= t->mask;
}

static void make_bigger(uint32_t last) {
    struct table *old = table, *bigger;
    uint64_t entries = old != NULL ? (old->mask + 1) * 2 : FIRST_ENTRIES;
    while (entries <= (uint64_t)last * 2)
        entries *= 2;
    bigger = store.may_grow ? sys_pages(size_of(entries)) : NULL;
    if (bigger == NULL)
        return;
    usage_add(size_of(entries));
    bigger->mask = entries - 1;
    __atomic_store_n(&table, bigger, __ATOMIC_RELEASE);
    if (old != NULL) {
        usage_add(-size_of(old->mask + 1));
        sys_munmap(old, size_of(old->mask + 1));
    }
}

static void catch_up(uint32_t last) {
    if (!has_room(table, last))
        make_bigger(last);
    while (table != NULL && table->entered < last && has_room(table, table->entered + 1))
        enter(table, table->entered + 1);
}

static uint32_t look_up(uint32_t domain, const char *name, uint32_t size) {
    uint32_t hash = hash_name(domain, name, size);
    for (uint64_t i = hash & table->mask; table->entry[i].type != 0; i = (i + 1) & table->mask) {
        const struct entry *e = &table->entry[i];
        if (e->hash == hash && is_same(&store.types[e->type], domain, name, size))
            return e->type;
    }
    return 0;
}

uint32_t type_table_find(uint32_t domain, const char *name, uint32_t size) {
    uint32_t count = (uint32_t)store.header->segment[ARENA_TYPES].used, found = 0;
    catch_up(count - 1);
    if (table != NULL)
        found = look_up(domain, name, size);
    for (uint32_t i = table != NULL ? table->entered + 1 : 1; found == 0 && i < count; i++)
        if (is_same(&store.types[i], domain, name, size))
            found = i;
    return found;
}

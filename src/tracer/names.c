/* What the program gives names: domains, types and labels, in the arena. */
#include <string.h>

#include "tracer/lock.h"
#include "tracer/names.h"
#include "tracer/store.h"
#include "tracer/text_ring.h"
#include "tracer/thread.h"
#include "tracer/type_table.h"

enum { NAME_MAX_SIZE = 1 << 16 };

/* A place for one more element at the end of a segment; -1: no room. */
static int64_t extend(enum arena_segment segment) {
    return store_reserve(segment, 1) == 0 ? (int64_t)store.header->segment[segment].used : -1;
}

/* The element that was filled becomes visible. */
static void publish(enum arena_segment segment) {
    uint64_t *used = &store.header->segment[segment].used;
    __atomic_store_n(used, *used + 1, __ATOMIC_RELEASE);
}

/* Longer ones are cut. */
static uint32_t length_of(const char *text) {
    return (uint32_t)strnlen(text, NAME_MAX_SIZE);
}

static int is_same(uint32_t at, uint32_t size, const char *text, uint32_t text_size) {
    return size == text_size && memcmp(store.strings + at, text, size) == 0;
}

static int set_domain(uint32_t domain, const char *name) {
    int64_t at = 0, count = (int64_t)store.header->segment[ARENA_DOMAINS].used;
    struct arena_domain *d;
    while (at < count && store.domains[at].id != domain)
        at++;
    if (at == count && extend(ARENA_DOMAINS) < 0)
        return -1;
    d = &store.domains[at];
    if (at == count)
        *d = (struct arena_domain){.id = domain};
    if (text_ring_set(&d->name, &d->name_size, name, length_of(name)) != 0)
        return -1;
    if (at == count)
        publish(ARENA_DOMAINS);
    return 0;
}

static int set_label(const char *name, const char *value) {
    uint32_t size = length_of(name);
    int64_t at = 0, count = (int64_t)store.header->segment[ARENA_LABELS].used;
    struct arena_label *l;
    while (at < count && !is_same(store.labels[at].name, store.labels[at].name_size, name, size))
        at++;
    if (at == count && extend(ARENA_LABELS) < 0)
        return -1;
    l = &store.labels[at];
    if (at == count)
        *l = (struct arena_label){.name = store_string(name, size), .name_size = size};
    if ((l->name == 0 && size > 0) ||
        text_ring_set(&l->value, &l->value_size, value, length_of(value)) != 0)
        return -1;
    if (at == count)
        publish(ARENA_LABELS);
    return 0;
}

static uint32_t add_type(uint32_t domain, const char *name, uint32_t size) {
    int64_t at = extend(ARENA_TYPES);
    struct arena_type *t;
    if (at < 0)
        return 0;
    t = &store.types[at];
    *t = (struct arena_type){domain, store_string(name, size), size};
    if (t->name == 0 && size > 0)
        return 0;
    publish(ARENA_TYPES);
    return (uint32_t)at;
}

static uint32_t type(uint32_t domain, const char *name) {
    uint32_t size = length_of(name), found = type_table_find(domain, name, size);
    return found != 0 ? found : add_type(domain, name, size);
}

/* The lock for the arena, the guard against signal handlers. */
static struct thread *begin(struct guard *guard) {
    struct thread *t = thread_enter_anyway(guard);
    if (t == NULL || lock_take(t))
        return t;
    thread_leave(t);
    return NULL;
}

static void end(struct thread *t) {
    lock_release();
    thread_leave(t);
}

int names_set_domain(uint32_t domain, const char *name) {
    struct guard guard;
    struct thread *t = begin(&guard);
    int r = t != NULL ? set_domain(domain, name) : -1;
    if (t != NULL)
        end(t);
    return r;
}

int names_set_label(const char *name, const char *value) {
    struct guard guard;
    struct thread *t = begin(&guard);
    int r = t != NULL ? set_label(name, value) : -1;
    if (t != NULL)
        end(t);
    return r;
}

uint32_t names_type(uint32_t domain, const char *name) {
    struct guard guard;
    struct thread *t = begin(&guard);
    uint32_t r = t != NULL ? type(domain, name) : 0;
    if (t != NULL)
        end(t);
    return r;
}

int names_is_type(uint32_t domain, uint32_t id) {
    uint64_t count = __atomic_load_n(&store.header->segment[ARENA_TYPES].used, __ATOMIC_ACQUIRE);
    return id > 0 && id < count && store.types[id].domain == domain;
}

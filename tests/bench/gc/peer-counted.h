/* Floors with reference counts and nothing else: objects from the freelist, an array of them that
 * grows, and a compact dict. */
#pragma once

#include "freelist.h"

#define HAS_NODES
#define HAS_EDGES
#define HAS_INTS
#define HAS_LISTS
#define HAS_DICTS

typedef struct object {
    uint32_t refcount, words;
    union {
        long value;
        struct object *field;
    } slots[]; /* a number, or two fields */
} * ref;

typedef struct items {
    ref *items;
    size_t length, room;
} * list_ref;

/* Open addressing over the numbers of entries, which stand in the order of insertion. */
typedef struct table {
    uint32_t *index; /* 1 + the entry, 0: free */
    struct entry {
        uint64_t hash;
        ref key, value;
    } * entries;
    size_t mask, used, room;
} * dict_ref;

enum { peer_events = 0, NODE_WORDS = 3, INT_WORDS = 2 };

/* The last reference to a node or number is gone. */
void counted_release(ref o);
void items_grow(list_ref list);
void table_grow(dict_ref t);

static inline void peer_start(void) {}

static inline ref hold(ref o) {
    o->refcount++;
    return o;
}

static inline void drop(ref o) {
    if (--o->refcount == 0)
        counted_release(o);
}

static inline ref object_new(uint32_t words) {
    ref o = freelist_take(words);
    o->refcount = 1;
    o->words = words;
    return o;
}

static inline ref node_new(enum kind kind) {
    (void)kind;
    ref o = object_new(NODE_WORDS);
    o->slots[0].field = o->slots[1].field = NULL;
    return o;
}

static inline void node_fill(ref o, ref first, ref second) {
    o->slots[0].field = first;
    o->slots[1].field = second;
}

static inline void node_set(ref o, int field, ref to) {
    ref old = o->slots[field].field;
    o->slots[field].field = hold(to);
    if (old)
        drop(old);
}

static inline void drop_all(ref o) {
    drop(o);
}

static inline ref int_new(long value) {
    ref o = object_new(INT_WORDS);
    o->slots[0].value = value;
    return o;
}

static inline list_ref list_new(void) {
    return calloc(1, sizeof(struct items));
}

static inline void list_append(list_ref list, ref item) {
    if (list->length == list->room)
        items_grow(list);
    list->items[list->length++] = hold(item);
}

static inline long list_length(const struct items *list) {
    return (long)list->length;
}

static inline void list_drop(list_ref list) {
    while (list->length)
        drop(list->items[--list->length]);
    free(list->items);
    free(list);
}

static inline dict_ref dict_new(void) {
    return calloc(1, sizeof(struct table));
}

/* Where the index names the entry with this number as its key, or is free. */
static inline size_t dict_place(const struct table *t, const struct object *key) {
    uint64_t hash = (uint64_t)key->slots[0].value;
    size_t i = hash & t->mask;
    for (; t->index[i]; i = (i + 1) & t->mask) {
        const struct entry *e = &t->entries[t->index[i] - 1];
        if (e->key == key || (e->hash == hash && e->key->slots[0].value == key->slots[0].value))
            break;
    }
    return i;
}

static inline void dict_set(dict_ref t, ref key, ref value) {
    if (t->used == t->room)
        table_grow(t);
    size_t i = dict_place(t, key);
    if (t->index[i]) {
        struct entry *e = &t->entries[t->index[i] - 1];
        ref old = e->value;
        e->value = hold(value);
        drop(old);
        return;
    }
    t->entries[t->used++] = (struct entry){(uint64_t)key->slots[0].value, hold(key), hold(value)};
    t->index[i] = (uint32_t)t->used;
}

/* Behind a call, as where a runtime does it: inline, the compiler leaves out the count that goes up
 * here and down at the caller's, and no value is written to. */
ref dict_get(const struct table *t, ref key);

static inline long dict_length(const struct table *t) {
    return (long)t->used;
}

/* Floors without reference counts: memory taken and given back behind a call, by malloc or, with
 * FREELIST, by the simplest allocator there is. The head of an object says how large it is. */
#pragma once

#include "freelist.h"

#define HAS_NODES
#define HAS_INTS

typedef struct object {
    long words;
    union {
        long value;
        struct object *field;
    } slots[]; /* a number, or two fields */
} * ref;

enum { peer_events = 0, NODE_WORDS = 3, INT_WORDS = 2 };

static inline void peer_start(void) {}

static inline ref object_new(long words) {
#ifdef FREELIST
    ref o = freelist_take((size_t)words);
#else
    ref o = malloc((size_t)words * 8);
#endif
    o->words = words;
    return o;
}

static inline void drop(ref o) {
#ifdef FREELIST
    freelist_give(o, (size_t)o->words);
#else
    free(o);
#endif
}

/* A chain. */
static inline void drop_all(ref o) {
    while (o) {
        ref next = o->slots[1].field;
        drop(o);
        o = next;
    }
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

static inline ref int_new(long value) {
    ref o = object_new(INT_WORDS);
    o->slots[0].value = value;
    return o;
}

/* Boehm's collector: conservative, no reference counts, no finalizers here. What is dropped is
 * simply no longer referred to. */
#pragma once

#include <gc.h>

#define HAS_NODES
#define HAS_EDGES
#define HAS_GC

/* Arrays are where it finds its roots. */
#define ARRAY_NEW GC_malloc_uncollectable

typedef struct node {
    long head;
    struct node *fields[2];
} * ref;

enum { peer_events = 0 };

static inline void peer_start(void) {
    GC_INIT();
}

static inline ref hold(ref o) {
    return o;
}

static inline void drop(ref o) {
    (void)o;
}

static inline void drop_all(ref o) {
    (void)o;
}

static inline ref node_new(enum kind kind) {
    (void)kind;
    ref o = GC_MALLOC(sizeof *o);
    o->head = 1;
    return o;
}

static inline void node_fill(ref o, ref first, ref second) {
    o->fields[0] = first;
    o->fields[1] = second;
}

static inline void node_set(ref o, int field, ref to) {
    o->fields[field] = to;
}

static inline void gc_enable(int on) {
    if (on && GC_is_disabled())
        GC_enable();
    else if (!on && !GC_is_disabled())
        GC_disable();
}

/* It does not say how many objects. */
static inline long gc_collect(void) {
    int disabled = GC_is_disabled();
    gc_enable(1);
    GC_gcollect();
    gc_enable(!disabled);
    return 0;
}

static inline long gc_total(void) {
    return 0;
}

static inline void gc_forget(void) {}

/* The runtime, by its public calls. */
#pragma once

#include "heapline_objects.h"

#define HAS_NODES
#define HAS_COMPANIONS
#define HAS_EDGES
#define HAS_INTS
#define HAS_INSTANCES
#define HAS_LISTS
#define HAS_DICTS
#define HAS_GC
#define HAS_GENERATIONS

typedef struct hgc_object *ref, *list_ref, *dict_ref;

struct node {
    struct hgc_object head;
    ref fields[2];
};

extern struct hgc_runtime *peer_runtime;
extern struct hgc_type *peer_types[4]; /* by kind */
extern ref peer_classes[3];            /* two slots, the same, attributes on demand */
extern long peer_events;

void peer_start(void);
void peer_add_to_node(ref node, enum kind kind);
void companions_drop(void);

static inline ref hold(ref o) {
    return hgc_incref(o);
}

static inline void drop(ref o) {
    hgc_decref(o);
}

static inline void drop_all(ref o) {
    hgc_decref(o);
}

static inline __attribute__((always_inline)) ref node_new(enum kind kind) {
    ref o = hgc_new(peer_runtime, peer_types[kind]);
    if (kind >= WATCHED)
        peer_add_to_node(o, kind);
    return o;
}

static inline void node_fill(ref o, ref first, ref second) {
    struct node *node = (struct node *)o;
    node->fields[0] = first;
    node->fields[1] = second;
    hgc_touch(o);
}

static inline void node_set(ref o, int field, ref to) {
    hgc_assign(&((struct node *)o)->fields[field], to);
}

static inline ref int_new(long value) {
    return hgc_int_new(peer_runtime, value);
}

static inline ref str_new(const char *text, size_t bytes) {
    return hgc_str_new(peer_runtime, text, bytes);
}

static inline ref instance_new(void) {
    return hgc_instance_new(peer_classes[0]);
}

/* Run-time classes can always be the target of weak references. */
static inline ref instance_watchable_new(void) {
    return hgc_instance_new(peer_classes[1]);
}

static inline ref instance_open_new(void) {
    return hgc_instance_new(peer_classes[2]);
}

static inline void instance_set(ref o, int slot, ref value) {
    hgc_attr_set(o, slot ? "b" : "a", value);
}

static inline list_ref list_new(void) {
    return hgc_list_new(peer_runtime, NULL, 0);
}

static inline void list_append(list_ref list, ref item) {
    hgc_list_append(list, item);
}

static inline long list_length(list_ref list) {
    return hgc_len(list);
}

static inline void list_drop(list_ref list) {
    drop(list);
}

static inline dict_ref dict_new(void) {
    return hgc_dict_new(peer_runtime);
}

static inline void dict_set(dict_ref dict, ref key, ref value) {
    hgc_dict_set(dict, key, value);
}

static inline ref dict_get(dict_ref dict, ref key) {
    ref value;
    return hgc_dict_get(dict, key, &value) == 1 ? value : NULL;
}

static inline long dict_length(dict_ref dict) {
    return hgc_len(dict);
}

void gc_enable(int on);
long gc_collect(void);
/* Collected so far. */
long gc_total(void);
/* The next full collection looks at the whole heap, whatever is known of it. */
void gc_forget(void);
/* Automatic collections in the short steps that this peer has, if any. */
void gc_slice(void);
/* Calls fn(stop, generation) around every collection. */
void gc_watch(void (*fn)(int stop, int generation));

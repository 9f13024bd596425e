/* The layout of lists and tuples, which traversal and destruction know. */
#ifndef GC_LIST_H
#define GC_LIST_H

#include "gc/runtime.h"

struct list {
    struct hgc_object head;
    struct hgc_object **items; /* storage for `capacity` */
    uint32_t count, capacity;
};

struct tuple {
    struct hgc_object head;
    uint64_t count;
    struct hgc_object *items[];
};

extern const struct hgc_type list_type, tuple_type;

/* Makes the shared empty tuple. */
int tuple_init(struct hgc_runtime *rt);
/* The index in 0..count-1 that i means, or -1. */
int64_t list_index(struct hgc_runtime *rt, int64_t i, uint64_t count);

#endif

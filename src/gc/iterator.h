/* Iterators over lists, tuples and the keys of dicts. */
#ifndef GC_ITERATOR_H
#define GC_ITERATOR_H

#include "gc/runtime.h"

struct iterator {
    struct hgc_object head;
    struct hgc_object *container; /* NULL: at its end */
    uint64_t position;
    uint64_t count; /* of a dict at the start */
};

extern const struct hgc_type iterator_type;

/* As hgc_next. */
int iterator_next(struct hgc_object *o, struct hgc_object **out);

#endif

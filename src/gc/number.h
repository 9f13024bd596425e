/* None, bools, ints and floats. */
#ifndef GC_NUMBER_H
#define GC_NUMBER_H

#include "gc/runtime.h"

struct number {
    struct hgc_object head;
    union {
        int64_t integer; /* of bools too */
        double real;
    };
};

extern const struct hgc_type none_type, bool_type, int_type, float_type;

static inline int is_integer(const struct hgc_object *o) {
    return o->type == TYPE_INT || o->type == TYPE_BOOL;
}

/* Makes the shared objects. */
int number_init(struct hgc_runtime *rt);

#endif

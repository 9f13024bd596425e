/* Equality and hashes of built-in objects; neither runs user code. */
#ifndef GC_EQUAL_H
#define GC_EQUAL_H

#include "gc/number.h"
#include "gc/str.h"

/* As hgc_hash, hgc_equal, for containers nested in `depth` others. */
int equal_hash(struct hgc_object *o, uint64_t *out, int depth);
int equal_objects(struct hgc_object *a, struct hgc_object *b, int depth);
/* As containers compare: identical objects are equal, even if they are not equal to themselves. */
int equal_items(struct hgc_object *a, struct hgc_object *b, int depth);

static inline int hash_of(struct hgc_object *o, uint64_t *out) {
    if (likely(is_integer(o)))
        *out = (uint64_t)((struct number *)o)->integer;
    else if (is_type(o, TYPE_STR))
        *out = ((struct str *)o)->hash;
    else
        return equal_hash(o, out, 0);
    return 0;
}

#endif

/* The types of a runtime, by id. */
#ifndef GC_TYPE_H
#define GC_TYPE_H

#include "gc/runtime.h"

/* A type like `model`, whose objects have `size` bytes (0: they differ); `fields` and `name` are
 * copied. NULL: see rt->error. */
struct hgc_type *type_make(struct hgc_runtime *rt, const struct hgc_type *model, size_t size,
                           const char *name);
/* Gives a type without instances up. */
void type_drop(struct hgc_runtime *rt, struct hgc_type *type);
/* Makes the built-in types. */
int type_init(struct hgc_runtime *rt);
/* Gives all types up: it is the end of the runtime. */
void type_fini(struct hgc_runtime *rt);

/* Offset of the hidden word behind `size` bytes, and the size with it. */
static inline uint32_t type_hidden_at(size_t size) {
    return (uint32_t)((size + 7) & ~(size_t)7);
}

#endif

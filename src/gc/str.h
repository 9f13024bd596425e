/* Strings: UTF-8, their hash kept. Interned ones are in a table of the runtime that owns nothing: a
 * string leaves it when it dies. */
#ifndef GC_STR_H
#define GC_STR_H

#include "gc/runtime.h"

struct str {
    struct hgc_object head;
    uint32_t size; /* bytes, without the NUL */
    uint32_t hash;
    char text[];
};

extern const struct hgc_type str_type;

/* Makes the shared strings. */
int string_init(struct hgc_runtime *rt);
void string_fini(struct hgc_runtime *rt);

static inline int string_equal(const struct str *a, const struct str *b) {
    return a == b || (a->hash == b->hash && a->size == b->size &&
                      !__builtin_memcmp(a->text, b->text, a->size));
}

/* The interned string with this text if there is one: borrowed, or NULL. */
struct hgc_object *string_find(struct hgc_runtime *rt, const char *text, size_t size);

#endif

/* Dicts: hash tables that keep the order of insertion (dict_table.h). */
#ifndef GC_DICT_H
#define GC_DICT_H

#include "gc/dict_table.h"

struct dict {
    struct hgc_object head;
    struct dict_table *table;
};

extern const struct hgc_type dict_type;

/* What a look-up by name of an interned or other string finds: borrowed, or NULL. */
struct hgc_object *dict_find(const struct dict *d, struct hgc_object *key, uint64_t hash);
/* As hgc_dict_set, for a hash that is known. */
int dict_put(struct hgc_runtime *rt, struct dict *d, struct hgc_object *key, uint64_t hash,
             struct hgc_object *value);

#endif

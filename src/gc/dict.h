/* Dicts: a compact hash table that keeps the order of insertion.
 *
 * A table is one piece of storage: this head, then `room` entries in the order of insertion, then
 * 2^log2_size indices of 1, 2 or 4 bytes (0: free, 1: deleted, else the entry + 2). A deleted entry
 * has a NULL key. While every key is an int, equal hashes mean equal keys, and look-ups do not
 * touch the key objects. */
#ifndef GC_DICT_H
#define GC_DICT_H

#include "gc/runtime.h"

struct dict_entry {
    uint64_t hash;
    struct hgc_object *key, *value;
};

struct dict_table {
    uint32_t count; /* entries with a key */
    uint32_t used;  /* entries with a key, or deleted */
    uint32_t room;
    uint8_t log2_size, index_bytes, only_ints, unused;
    struct dict_entry entries[];
};

struct dict {
    struct hgc_object head;
    struct dict_table *table; /* NULL: empty */
};

extern const struct hgc_type dict_type;

/* Bytes of storage of a table. */
size_t dict_table_size(const struct dict_table *t);
/* What a look-up by name of an interned or other string finds: borrowed, or NULL. */
struct hgc_object *dict_find(const struct dict *d, struct hgc_object *key, uint64_t hash);
/* As hgc_dict_set, for a hash that is known. */
int dict_put(struct hgc_runtime *rt, struct dict *d, struct hgc_object *key, uint64_t hash,
             struct hgc_object *value);

#endif

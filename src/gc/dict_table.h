/* The table of a dict: compact, in the order of insertion.
 *
 * It is one piece of storage: this head, then `room` entries in the order of insertion, then an
 * index for each place, of 1, 2 or 4 bytes (0: free, 1: deleted, else the entry + 2). A deleted
 * entry has a NULL key and another hash, and no index names it. While every key is an int, equal
 * hashes mean equal keys, and look-ups do not touch the key objects; ints that have come one after
 * the other are found without their index. A dict without entries needs no storage: it has a table
 * that all share, with one place, which is free, and no room. */
#ifndef GC_DICT_TABLE_H
#define GC_DICT_TABLE_H

#include "gc/equal.h"
#include "gc/runtime.h"

/* A look-up of an int reads what stands last, rarely in two cache lines. */
struct dict_entry {
    struct hgc_object *key;
    uint64_t hash;
    struct hgc_object *value;
};

struct dict_table {
    void *indices;       /* behind the room for entries */
    uint64_t first;      /* hash of the first entry */
    uint32_t dense;      /* so many have first, first + 1 ... as hashes: these need no index */
    uint32_t quick_mask; /* the mask if is_quick and indices are of 4 bytes, else 0 */
    uint32_t used;       /* entries, deleted ones among them */
    uint32_t room;
    uint32_t mask; /* of places: their number - 1 */
    uint32_t deleted;
    uint8_t only_ints, is_quick; /* the same, and nobody checks who calls (check.h) */
    struct dict_entry entries[];
};

extern struct dict_table dict_table_none;

/* Where a key is: its entry, and the place that names it; or NULL, and the place that is free. */
struct dict_place {
    struct dict_entry *entry;
    size_t at;
};

enum { DICT_FREE = 0, DICT_DELETED = 1, DICT_FIRST_ENTRY = 2, DICT_PERTURB_SHIFT = 5 };

/* Bytes of storage of a table. */
size_t dict_table_size(const struct dict_table *t);
/* Makes room in the table of o for more entries, without deleted ones. Returns the table, which may
 * be elsewhere, or NULL without memory: then it is as it was. */
struct dict_table *dict_table_grow(struct hgc_runtime *rt, struct hgc_object *o,
                                   struct dict_table *t);
/* Gives back what a table of o takes, which names no reference that is still owned. */
void dict_table_free(struct hgc_runtime *rt, struct hgc_object *o, struct dict_table *t);
/* Some of the keys are no ints from now on. */
void dict_table_take_any(struct dict_table *t);

#define DICT_INLINE static inline __attribute__((always_inline))

/* By the number of places. */
DICT_INLINE unsigned dict_index_bytes(uint32_t mask) {
    return likely(mask > UINT16_MAX) ? 4 : mask > UINT8_MAX ? 2 : 1;
}

DICT_INLINE uint32_t dict_index(const struct dict_table *t, size_t at) {
    const void *indices = t->indices;
    unsigned bytes = dict_index_bytes(t->mask);
    return bytes == 4   ? ((const uint32_t *)indices)[at]
           : bytes == 1 ? ((const uint8_t *)indices)[at]
                        : ((const uint16_t *)indices)[at];
}

DICT_INLINE void dict_set_index(struct dict_table *t, size_t at, uint32_t value) {
    void *indices = t->indices;
    unsigned bytes = dict_index_bytes(t->mask);
    if (bytes == 4)
        ((uint32_t *)indices)[at] = value;
    else if (bytes == 1)
        ((uint8_t *)indices)[at] = (uint8_t)value;
    else
        ((uint16_t *)indices)[at] = (uint16_t)value;
}

/* The sequence of places for a hash reaches every place in the end. */
struct dict_probe {
    size_t at;
    uint64_t perturb;
};

DICT_INLINE struct dict_probe dict_first_place(const struct dict_table *t, uint64_t hash) {
    return (struct dict_probe){hash & t->mask, hash};
}

DICT_INLINE void dict_next_place(const struct dict_table *t, struct dict_probe *p) {
    p->perturb >>= DICT_PERTURB_SHIFT;
    p->at = (p->at * 5 + p->perturb + 1) & t->mask;
}

DICT_INLINE struct dict_entry *dict_entry_at(const struct dict_table *t, uint32_t index) {
    return (struct dict_entry *)&t->entries[(size_t)index - DICT_FIRST_ENTRY];
}

/* Without a key, the hash alone is looked for. */
DICT_INLINE struct dict_place dict_search(const struct dict_table *t, struct hgc_object *key,
                                          uint64_t hash) {
    for (struct dict_probe p = dict_first_place(t, hash);; dict_next_place(t, &p)) {
        uint32_t index = dict_index(t, p.at);
        struct dict_entry *e = dict_entry_at(t, index);
        if (unlikely(index < DICT_FIRST_ENTRY)) {
            if (index == DICT_FREE)
                return (struct dict_place){NULL, p.at};
        } else if (e->hash == hash && (!key || e->key == key || equal_items(e->key, key, 0) == 1)) {
            return (struct dict_place){e, p.at};
        }
    }
}

/* Of an int in a table of ints: what is at the first place for it, if that is free or names it;
 * else at is SIZE_MAX. `index` is that of the place `at`. */
DICT_INLINE struct dict_place dict_try(const struct dict_table *t, uint64_t hash, size_t at,
                                       uint32_t index) {
    struct dict_entry *e = dict_entry_at(t, index);
    if (index < DICT_FIRST_ENTRY)
        return (struct dict_place){NULL, index == DICT_FREE ? at : SIZE_MAX};
    return e->hash == hash ? (struct dict_place){e, at} : (struct dict_place){NULL, SIZE_MAX};
}

/* Puts an entry at the end of a table with room, and names it in a free place. */
DICT_INLINE void dict_add(struct dict_table *t, size_t at, struct dict_entry entry) {
    uint32_t used = t->used;
    if (unlikely(used == 0)) {
        t->first = entry.hash;
        t->dense = t->is_quick;
    } else if (t->dense == used && entry.hash - t->first == used) {
        t->dense = used + 1;
    }
    dict_set_index(t, at, used + DICT_FIRST_ENTRY);
    t->entries[used] = entry;
    t->used = used + 1;
}

static inline uint32_t dict_table_count(const struct dict_table *t) {
    return t->used - t->deleted;
}

#endif

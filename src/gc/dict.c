#include "gc/dict.h"
#include <string.h>
#include "gc/check.h"
#include "gc/equal.h"
#include "gc/object.h"
#include "gc/storage.h"
#include "gc/str.h"
#include "heapline_objects.h"

enum { LOG2_MIN = 3, LOG2_MAX = 30, FREE = 0, DELETED = 1, FIRST_ENTRY = 2, PERTURB_SHIFT = 5 };
#define NOT_FOUND UINT32_MAX

/* --- tables --- */

static uint32_t room_of(unsigned log2_size) {
    return (uint32_t)((UINT64_C(2) << log2_size) / 3);
}

static unsigned index_bytes_of(unsigned log2_size) {
    uint32_t last = room_of(log2_size) + FIRST_ENTRY;
    return last <= UINT8_MAX ? 1 : last <= UINT16_MAX ? 2 : 4;
}

static size_t size_of(unsigned log2_size) {
    return sizeof(struct dict_table) + room_of(log2_size) * sizeof(struct dict_entry) +
           ((size_t)index_bytes_of(log2_size) << log2_size);
}

size_t dict_table_size(const struct dict_table *t) {
    return size_of(t->log2_size);
}

static void *indices_of(const struct dict_table *t) {
    return (void *)&t->entries[t->room];
}

static inline uint32_t get_index(const struct dict_table *t, size_t i) {
    const void *indices = indices_of(t);
    return t->index_bytes == 4   ? ((const uint32_t *)indices)[i]
           : t->index_bytes == 1 ? ((const uint8_t *)indices)[i]
                                 : ((const uint16_t *)indices)[i];
}

static inline void set_index(struct dict_table *t, size_t i, uint32_t value) {
    void *indices = indices_of(t);
    if (t->index_bytes == 4)
        ((uint32_t *)indices)[i] = value;
    else if (t->index_bytes == 1)
        ((uint8_t *)indices)[i] = (uint8_t)value;
    else
        ((uint16_t *)indices)[i] = (uint16_t)value;
}

/* The sequence of places for a hash reaches every place in the end. */
struct probe {
    uint64_t perturb;
    size_t i, mask;
};

static inline struct probe probe_begin(const struct dict_table *t, uint64_t hash) {
    size_t mask = ((size_t)1 << t->log2_size) - 1;
    return (struct probe){hash, hash & mask, mask};
}

static inline void probe_next(struct probe *p) {
    p->perturb >>= PERTURB_SHIFT;
    p->i = (p->i * 5 + p->perturb + 1) & p->mask;
}

static inline int is_key(const struct dict_table *t, const struct dict_entry *e,
                         struct hgc_object *key, uint64_t hash) {
    if (e->key == key)
        return 1;
    if (e->hash != hash || !e->key)
        return 0;
    return (t->only_ints && is_integer(key)) || equal_items(e->key, key, 0) == 1;
}

/* The entry with this key, or NOT_FOUND; *place is where the table names it. */
static inline uint32_t find(const struct dict_table *t, struct hgc_object *key, uint64_t hash,
                            size_t *place) {
    for (struct probe p = probe_begin(t, hash);; probe_next(&p)) {
        uint32_t index = get_index(t, p.i);
        if (index == FREE)
            return NOT_FOUND;
        if (index != DELETED && is_key(t, &t->entries[index - FIRST_ENTRY], key, hash)) {
            *place = p.i;
            return index - FIRST_ENTRY;
        }
    }
}

/* Names the last entry in the first free place. */
static inline void add_index(struct dict_table *t, uint64_t hash) {
    struct probe p = probe_begin(t, hash);
    while (get_index(t, p.i) != FREE)
        probe_next(&p);
    set_index(t, p.i, t->used + FIRST_ENTRY);
}

static inline void add_entry(struct dict_table *t, struct dict_entry entry) {
    add_index(t, entry.hash);
    t->entries[t->used++] = entry;
    t->count++;
}

static struct dict_table *make_table(struct hgc_runtime *rt, struct hgc_object *o,
                                     unsigned log2_size) {
    if (log2_size > LOG2_MAX) {
        gc_fail(rt, HEAPLINE_NO_MEMORY, NULL, "the dict is too large");
        return NULL;
    }
    struct dict_table *t = storage_alloc(rt, o, size_of(log2_size));
    if (!t)
        return NULL;
    *t = (struct dict_table){.room = room_of(log2_size),
                             .log2_size = (uint8_t)log2_size,
                             .index_bytes = (uint8_t)index_bytes_of(log2_size),
                             .only_ints = 1};
    memset(indices_of(t), FREE, (size_t)t->index_bytes << log2_size);
    return t;
}

/* A table for thrice the entries, without the deleted ones. */
static int rebuild(struct hgc_runtime *rt, struct dict *d) {
    struct dict_table *old = d->table;
    uint64_t wanted = old ? old->count * UINT64_C(3) : 0;
    unsigned log2_size = LOG2_MIN;
    while (UINT64_C(1) << log2_size < wanted)
        log2_size++;
    struct dict_table *t = make_table(rt, &d->head, log2_size);
    if (!t)
        return -1;
    for (uint32_t i = 0; old && i < old->used; i++)
        if (old->entries[i].key)
            add_entry(t, old->entries[i]);
    if (old) {
        t->only_ints = old->only_ints;
        storage_free(rt, &d->head, old, size_of(old->log2_size));
    }
    d->table = t;
    return 0;
}

/* --- dicts --- */

static void fini(struct hgc_runtime *rt, struct hgc_object *o) {
    struct dict *d = (struct dict *)o;
    if (d->table)
        storage_free(rt, o, d->table, size_of(d->table->log2_size));
    d->table = NULL;
}

const struct hgc_type dict_type = {.name = "dict", .kind = KIND_DICT, .cyclic = 1, .fini = fini};

static struct dict *as_dict(struct hgc_object *o) {
    check_owner(runtime_of(o));
    if (is_type(o, TYPE_DICT))
        return (struct dict *)o;
    gc_fail(runtime_of(o), HEAPLINE_BAD_TYPE, type_of(o)->name, "not a dict");
    return NULL;
}

struct hgc_object *hgc_dict_new(struct hgc_runtime *rt) {
    check_owner(rt);
    struct dict *d = (struct dict *)object_make(rt, rt->types[TYPE_DICT]);
    if (!d)
        return NULL;
    d->table = NULL;
    return &d->head;
}

/* The collector need not know a dict that refers to nothing that can refer back. */
static int matters(const struct hgc_object *o) {
    return reserve_is_cyclic(o) && (o->flags & FLAG_TRACKED || !is_type(o, TYPE_TUPLE));
}

static int replace(struct dict *d, uint32_t i, struct hgc_object *value) {
    hgc_assign(&d->table->entries[i].value, value);
    return 0;
}

int dict_put(struct hgc_runtime *rt, struct dict *d, struct hgc_object *key, uint64_t hash,
             struct hgc_object *value) {
    size_t place;
    if (!(d->head.flags & FLAG_TRACKED) && (matters(key) || matters(value)) &&
        object_track(rt, &d->head))
        return -1;
    uint32_t i = d->table ? find(d->table, key, hash, &place) : NOT_FOUND;
    if (i != NOT_FOUND)
        return replace(d, i, value);
    if ((!d->table || d->table->used == d->table->room) && rebuild(rt, d))
        return -1;
    d->table->only_ints &= (uint8_t)is_integer(key);
    add_entry(d->table, (struct dict_entry){hash, hgc_incref(key), hgc_incref(value)});
    return 0;
}

int hgc_dict_set(struct hgc_object *dict, struct hgc_object *key, struct hgc_object *value) {
    struct dict *d = as_dict(dict);
    uint64_t hash;
    if (!d || gc_check_object(runtime_of(dict), key) || gc_check_object(runtime_of(dict), value) ||
        hash_of(key, &hash))
        return -1;
    return dict_put(runtime_of(dict), d, key, hash, value);
}

struct hgc_object *dict_find(const struct dict *d, struct hgc_object *key, uint64_t hash) {
    size_t place;
    uint32_t i = d->table ? find(d->table, key, hash, &place) : NOT_FOUND;
    return i == NOT_FOUND ? NULL : d->table->entries[i].value;
}

int hgc_dict_get(struct hgc_object *dict, struct hgc_object *key, struct hgc_object **out) {
    const struct dict *d = as_dict(dict);
    uint64_t hash;
    *out = NULL;
    if (!d || hash_of(key, &hash))
        return -1;
    *out = hgc_incref(dict_find(d, key, hash));
    return *out != NULL;
}

static int no_key(struct hgc_runtime *rt, const struct hgc_object *key) {
    const char *text = is_type(key, TYPE_STR) ? ((const struct str *)key)->text : NULL;
    return gc_fail(rt, HEAPLINE_NO_KEY, text, "no such key");
}

int hgc_dict_delete(struct hgc_object *dict, struct hgc_object *key) {
    struct dict *d = as_dict(dict);
    uint64_t hash;
    size_t place;
    if (!d || hash_of(key, &hash))
        return -1;
    struct dict_table *t = d->table;
    uint32_t i = t ? find(t, key, hash, &place) : NOT_FOUND;
    if (i == NOT_FOUND)
        return no_key(runtime_of(dict), key);
    struct dict_entry gone = t->entries[i];
    t->entries[i] = (struct dict_entry){0};
    set_index(t, place, DELETED);
    t->count--;
    hgc_decref(gone.key);
    hgc_decref(gone.value);
    return 0;
}

int hgc_dict_next_borrow(struct hgc_object *dict, size_t *position, struct hgc_object **key,
                         struct hgc_object **value) {
    const struct dict *d = as_dict(dict);
    const struct dict_table *t = d ? d->table : NULL;
    while (t && *position < t->used) {
        const struct dict_entry *e = &t->entries[(*position)++];
        if (!e->key)
            continue;
        if (key)
            *key = e->key;
        if (value)
            *value = e->value;
        return 1;
    }
    return 0;
}

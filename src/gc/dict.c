#include "gc/dict.h"
#include "gc/check.h"
#include "gc/equal.h"
#include "gc/object.h"
#include "gc/storage.h"
#include "gc/str.h"
#include "heapline_objects.h"

static void fini(struct hgc_runtime *rt, struct hgc_object *o) {
    struct dict *d = (struct dict *)o;
    dict_table_free(rt, o, d->table);
    d->table = &dict_table_none;
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
    d->table = &dict_table_none;
    return &d->head;
}

/* The collector need not know a dict that refers to nothing that can refer back. */
static int matters(const struct hgc_object *o) {
    return reserve_is_cyclic(o) && (o->flags & FLAG_TRACKED || !is_type(o, TYPE_TUPLE));
}

/* --- any key --- */

static __attribute__((noinline)) struct dict_place find(const struct dict_table *t,
                                                        struct hgc_object *key, uint64_t hash) {
    return t->only_ints && is_integer(key) ? dict_search(t, NULL, hash) : dict_search(t, key, hash);
}

static __attribute__((noinline)) int replace(struct dict_entry *e, struct hgc_object *value) {
    hgc_assign(&e->value, value);
    return 0;
}

static int make_room(struct hgc_runtime *rt, struct dict *d) {
    struct dict_table *t = dict_table_grow(rt, &d->head, d->table);
    if (!t)
        return -1;
    d->table = t;
    return 0;
}

int dict_put(struct hgc_runtime *rt, struct dict *d, struct hgc_object *key, uint64_t hash,
             struct hgc_object *value) {
    if (!(d->head.flags & FLAG_TRACKED) && (matters(key) || matters(value)) &&
        object_track(rt, &d->head))
        return -1;
    struct dict_place p = find(d->table, key, hash);
    if (p.entry)
        return replace(p.entry, value);
    if (d->table->used == d->table->room) {
        if (make_room(rt, d))
            return -1;
        p = find(d->table, key, hash);
    }
    if (!is_integer(key))
        dict_table_take_any(d->table);
    dict_add(d->table, p.at, (struct dict_entry){hgc_incref(key), hash, hgc_incref(value)});
    return 0;
}

static __attribute__((noinline)) int set_any(struct hgc_object *dict, struct hgc_object *key,
                                             struct hgc_object *value) {
    struct dict *d = as_dict(dict);
    uint64_t hash;
    if (!d || gc_check_object(runtime_of(dict), key) || gc_check_object(runtime_of(dict), value) ||
        hash_of(key, &hash))
        return -1;
    return dict_put(runtime_of(dict), d, key, hash, value);
}

struct hgc_object *dict_find(const struct dict *d, struct hgc_object *key, uint64_t hash) {
    const struct dict_entry *e = find(d->table, key, hash).entry;
    return e ? e->value : NULL;
}

static __attribute__((noinline)) int get_any(struct hgc_object *dict, struct hgc_object *key,
                                             struct hgc_object **out) {
    const struct dict *d = as_dict(dict);
    uint64_t hash;
    *out = NULL;
    if (!d || hash_of(key, &hash))
        return -1;
    *out = hgc_incref(dict_find(d, key, hash));
    return *out != NULL;
}

/* --- ints: usually without calls, and so without a stack frame --- */

DICT_INLINE int is_of_ints(const struct hgc_object *dict, const struct hgc_object *key) {
    return likely(is_type(dict, TYPE_DICT) && is_type(key, TYPE_INT));
}

DICT_INLINE uint64_t hash_of_int(const struct hgc_object *o) {
    return (uint64_t)((const struct number *)o)->integer;
}

/* hgc_incref of what is there. */
DICT_INLINE struct hgc_object *hold(struct hgc_object *o) {
    uint64_t head = *(const hgc_head *)o;
    if (likely((int32_t)head >= 0))
        *(hgc_head *)o = head + 1;
    return o;
}

/* In a table of ints that is quick: large, or small. */
DICT_INLINE struct dict_place try_large(const struct dict_table *t, uint64_t hash) {
    size_t at = hash & t->quick_mask;
    return dict_try(t, hash, at, ((const uint32_t *)t->indices)[at]);
}

DICT_INLINE struct dict_place try_small(const struct dict_table *t, uint64_t hash) {
    size_t at = hash & t->mask;
    return dict_try(t, hash, at, dict_index(t, at));
}

DICT_INLINE int set_int(struct dict_table *t, struct dict_place p, struct hgc_object *dict,
                        struct hgc_object *key, struct hgc_object *value) {
    if (p.entry)
        return replace(p.entry, value);
    if (unlikely(p.at == SIZE_MAX))
        return set_any(dict, key, value);
    dict_add(t, p.at, (struct dict_entry){hold(key), hash_of_int(key), hold(value)});
    return 0;
}

static __attribute__((noinline)) int set_small(struct hgc_object *dict, struct hgc_object *key,
                                               struct hgc_object *value) {
    struct dict_table *t = ((struct dict *)dict)->table;
    return t->is_quick ? set_int(t, try_small(t, hash_of_int(key)), dict, key, value)
                       : set_any(dict, key, value);
}

int hgc_dict_set(struct hgc_object *dict, struct hgc_object *key, struct hgc_object *value) {
    if (unlikely(!key || !value) || !is_of_ints(dict, key))
        return set_any(dict, key, value);
    struct dict_table *t = ((struct dict *)dict)->table;
    if (unlikely(t->used == t->room) ||
        (!(dict->flags & FLAG_TRACKED) && unlikely(reserve_is_cyclic(value))))
        return set_any(dict, key, value);
    if (unlikely(!t->quick_mask))
        return set_small(dict, key, value);
    return set_int(t, try_large(t, hash_of_int(key)), dict, key, value);
}

DICT_INLINE int get_int(const struct dict_entry *e, struct hgc_object *dict, struct hgc_object *key,
                        struct hgc_object **out) {
    if (unlikely(!e))
        return get_any(dict, key, out);
    *out = hold(e->value);
    return 1;
}

static __attribute__((noinline)) int get_small(struct hgc_object *dict, struct hgc_object *key,
                                               struct hgc_object **out) {
    const struct dict_table *t = ((const struct dict *)dict)->table;
    return t->is_quick ? get_int(try_small(t, hash_of_int(key)).entry, dict, key, out)
                       : get_any(dict, key, out);
}

int hgc_dict_get(struct hgc_object *dict, struct hgc_object *key, struct hgc_object **out) {
    if (!is_of_ints(dict, key))
        return get_any(dict, key, out);
    const struct dict_table *t = ((const struct dict *)dict)->table;
    uint64_t hash = hash_of_int(key), at = hash - t->first;
    if (at < t->dense)
        return get_int(t->entries[at].hash == hash ? &t->entries[at] : NULL, dict, key, out);
    if (unlikely(!t->quick_mask))
        return get_small(dict, key, out);
    return get_int(try_large(t, hash).entry, dict, key, out);
}

/* --- the rest --- */

static int no_key(struct hgc_runtime *rt, const struct hgc_object *key) {
    const char *text = is_type(key, TYPE_STR) ? ((const struct str *)key)->text : NULL;
    return gc_fail(rt, HEAPLINE_NO_KEY, text, "no such key");
}

int hgc_dict_delete(struct hgc_object *dict, struct hgc_object *key) {
    struct dict *d = as_dict(dict);
    uint64_t hash;
    if (!d || hash_of(key, &hash))
        return -1;
    struct dict_table *t = d->table;
    struct dict_place p = find(t, key, hash);
    if (!p.entry)
        return no_key(runtime_of(dict), key);
    struct dict_entry gone = *p.entry;
    *p.entry = (struct dict_entry){.hash = ~hash};
    dict_set_index(t, p.at, DICT_DELETED);
    t->deleted++;
    hgc_decref(gone.key);
    hgc_decref(gone.value);
    return 0;
}

int hgc_dict_next_borrow(struct hgc_object *dict, size_t *position, struct hgc_object **key,
                         struct hgc_object **value) {
    const struct dict *d = as_dict(dict);
    const struct dict_table *t = d ? d->table : &dict_table_none;
    while (*position < t->used) {
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

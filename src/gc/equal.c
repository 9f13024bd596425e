#include "gc/equal.h"
#include <math.h>
#include <string.h>
#include "gc/check.h"
#include "gc/dict.h"
#include "gc/list.h"
#include "heapline_objects.h"

enum { DEPTH_MAX = 500 };

static uint64_t mix(uint64_t a, uint64_t b) {
    uint64_t x = (a ^ b) * UINT64_C(0x9e3779b97f4a7c15);
    return x ^ x >> 32;
}

/* The integer that a float is, if it is one. */
static int to_integer(double real, int64_t *out) {
    static const double limit = 9223372036854775808.0; /* 2^63 */
    if (!(real >= -limit && real < limit) || real != floor(real))
        return 0;
    *out = (int64_t)real;
    return 1;
}

static uint64_t hash_float(double real) {
    int64_t integer;
    uint64_t bits;
    if (to_integer(real, &integer))
        return (uint64_t)integer;
    memcpy(&bits, &real, sizeof bits);
    return mix(bits, 1);
}

static int too_deep(const struct hgc_object *o) {
    return gc_fail(runtime_of(o), HEAPLINE_BAD_ARGUMENT, NULL, "nested too deep");
}

static int hash_tuple(const struct tuple *t, uint64_t *out, int depth) {
    uint64_t sum = t->count, item = 0;
    for (uint64_t i = 0; i < t->count; i++) {
        if (equal_hash(t->items[i], &item, depth + 1))
            return -1;
        sum = mix(sum, item + i);
    }
    *out = sum;
    return 0;
}

int equal_hash(struct hgc_object *o, uint64_t *out, int depth) {
    if (depth > DEPTH_MAX)
        return too_deep(o);
    switch (o->type) {
    case TYPE_BOOL:
    case TYPE_INT:
        *out = (uint64_t)((const struct number *)o)->integer;
        return 0;
    case TYPE_FLOAT:
        *out = hash_float(((const struct number *)o)->real);
        return 0;
    case TYPE_STR:
        *out = ((const struct str *)o)->hash;
        return 0;
    case TYPE_TUPLE:
        return hash_tuple((const struct tuple *)o, out, depth);
    case TYPE_LIST:
    case TYPE_DICT:
        return gc_fail(runtime_of(o), HEAPLINE_BAD_TYPE, type_of(o)->name, "has no hash");
    default:
        *out = mix((uintptr_t)o >> 4, 2);
        return 0;
    }
}

int hgc_hash(struct hgc_object *o, uint64_t *out) {
    check_owner(runtime_of(o));
    return equal_hash(o, out, 0);
}

/* --- equality --- */

int equal_items(struct hgc_object *a, struct hgc_object *b, int depth) {
    return a == b ? 1 : equal_objects(a, b, depth);
}

static int equal_arrays(struct hgc_object *const *a, struct hgc_object *const *b, uint64_t n,
                        int depth) {
    int result = 1;
    for (uint64_t i = 0; i < n && result == 1; i++)
        result = equal_items(a[i], b[i], depth + 1);
    return result;
}

static int equal_dicts(const struct dict *a, const struct dict *b, int depth) {
    uint32_t n = dict_table_count(a->table);
    if (n != dict_table_count(b->table))
        return 0;
    int result = 1;
    for (uint32_t i = 0; n && i < a->table->used && result == 1; i++) {
        const struct dict_entry *e = &a->table->entries[i];
        if (!e->key)
            continue;
        struct hgc_object *value = dict_find(b, e->key, e->hash);
        result = value ? equal_items(e->value, value, depth + 1) : 0;
    }
    return result;
}

static int equal_floats(const struct number *a, const struct number *b) {
    int64_t integer;
    if (is_type(&a->head, TYPE_FLOAT) && is_type(&b->head, TYPE_FLOAT))
        return a->real == b->real;
    if (is_type(&b->head, TYPE_FLOAT))
        return to_integer(b->real, &integer) && integer == a->integer;
    return to_integer(a->real, &integer) && integer == b->integer;
}

static int is_number(const struct hgc_object *o) {
    return is_integer(o) || is_type(o, TYPE_FLOAT);
}

int equal_objects(struct hgc_object *a, struct hgc_object *b, int depth) {
    if (depth > DEPTH_MAX)
        return too_deep(a);
    if (is_integer(a) && is_integer(b))
        return ((struct number *)a)->integer == ((struct number *)b)->integer;
    if (is_number(a) && is_number(b))
        return equal_floats((struct number *)a, (struct number *)b);
    if (a->type != b->type)
        return 0;
    switch (a->type) {
    case TYPE_STR:
        return string_equal((struct str *)a, (struct str *)b);
    case TYPE_TUPLE:
        return ((struct tuple *)a)->count != ((struct tuple *)b)->count
                   ? 0
                   : equal_arrays(((struct tuple *)a)->items, ((struct tuple *)b)->items,
                                  ((struct tuple *)a)->count, depth);
    case TYPE_LIST:
        return ((struct list *)a)->count != ((struct list *)b)->count
                   ? 0
                   : equal_arrays(((struct list *)a)->items, ((struct list *)b)->items,
                                  ((struct list *)a)->count, depth);
    case TYPE_DICT:
        return equal_dicts((struct dict *)a, (struct dict *)b, depth);
    default:
        return a == b;
    }
}

int hgc_equal(struct hgc_object *a, struct hgc_object *b) {
    check_owner(runtime_of(a));
    return equal_objects(a, b, 0);
}

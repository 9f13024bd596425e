#include "gc/number.h"
#include "gc/check.h"
#include "gc/object.h"
#include "heapline_objects.h"

const struct hgc_type none_type = {.name = "none"};
const struct hgc_type bool_type = {.name = "bool"};
const struct hgc_type int_type = {.name = "int"};
const struct hgc_type float_type = {.name = "float"};

static struct hgc_object *make(struct hgc_runtime *rt, enum builtin type, int64_t value) {
    struct number *n = (struct number *)object_make(rt, rt->types[type]);
    if (unlikely(!n))
        return NULL;
    n->integer = value;
    return &n->head;
}

static struct hgc_object *make_immortal(struct hgc_runtime *rt, enum builtin type, int64_t value) {
    struct hgc_object *o = make(rt, type, value);
    if (o)
        o->refcount = REFCOUNT_IMMORTAL;
    return o;
}

int number_init(struct hgc_runtime *rt) {
    rt->none = make_immortal(rt, TYPE_NONE, 0);
    if (!rt->none)
        return -1;
    for (int i = 0; i < 2; i++)
        if (!(rt->bools[i] = make_immortal(rt, TYPE_BOOL, i)))
            return -1;
    for (int i = 0; i < SMALL_INTS; i++)
        if (!(rt->small_ints[i] = make_immortal(rt, TYPE_INT, i + SMALL_INT_MIN)))
            return -1;
    return 0;
}

struct hgc_object *hgc_none(struct hgc_runtime *rt) {
    return rt->none;
}

struct hgc_object *hgc_bool(struct hgc_runtime *rt, int value) {
    return rt->bools[value != 0];
}

static __attribute__((noinline)) struct hgc_object *make_int(struct hgc_runtime *rt,
                                                             int64_t value) {
    return make(rt, TYPE_INT, value);
}

/* The usual case in 13 instructions and without a stack frame. With a tracer these slots are never
 * used (type.c). */
FROM_LINE_START struct hgc_object *hgc_int_new(struct hgc_runtime *rt, int64_t value) {
    if ((uint64_t)value - (uint64_t)SMALL_INT_MIN < SMALL_INTS)
        return rt->small_ints[value - SMALL_INT_MIN];
    unsigned size_class = slab_class_of(sizeof(struct number));
    struct slab *slab = rt->slabs.classes[SLAB_PLAIN][size_class].current;
    struct slot *slot = slab->free;
    if (unlikely(!slot))
        return make_int(rt, value);
    slab->free = slot->next;
    slot->head = object_head(TYPE_INT, 0);
    ((struct number *)slot)->integer = value;
    return (struct hgc_object *)slot;
}

struct hgc_object *hgc_float_new(struct hgc_runtime *rt, double value) {
    struct number *n = (struct number *)object_make(rt, rt->types[TYPE_FLOAT]);
    if (unlikely(!n))
        return NULL;
    n->real = value;
    return &n->head;
}

int hgc_int_get(const struct hgc_object *o, int64_t *out) {
    if (!is_integer(o))
        return gc_fail(runtime_of(o), HEAPLINE_BAD_TYPE, type_of(o)->name, "not an int");
    *out = ((const struct number *)o)->integer;
    return 0;
}

int hgc_float_get(const struct hgc_object *o, double *out) {
    const struct number *n = (const struct number *)o;
    if (is_type(o, TYPE_FLOAT))
        *out = n->real;
    else if (is_integer(o))
        *out = (double)n->integer;
    else
        return gc_fail(runtime_of(o), HEAPLINE_BAD_TYPE, type_of(o)->name, "not a number");
    return 0;
}

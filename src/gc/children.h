/* The references that an object owns, whatever its kind. Two ways to see them: one after the other
 * by number (destruction can stop and go on), and all of them (traversal, which also shows the
 * class of an instance). Nothing here changes anything. */
#ifndef GC_CHILDREN_H
#define GC_CHILDREN_H

#include "gc/class.h"
#include "gc/generator.h"
#include "gc/list.h"

/* How many numbers child_slot takes. */
static inline size_t children_count(const struct hgc_object *o, const struct hgc_type *t) {
    switch ((enum kind)t->kind) {
    case KIND_RANGE:
    case KIND_FIELDS:
        return t->nfields;
    case KIND_LIST:
        return ((const struct list *)o)->count;
    case KIND_TUPLE:
        return ((const struct tuple *)o)->count;
    case KIND_DICT:
        return (size_t)((const struct dict *)o)->table->used * 2;
    case KIND_INSTANCE:
        return instance_room((const struct instance *)o);
    case KIND_GENERATOR:
        return ((const struct generator *)o)->spec->nfields;
    case KIND_LEAF:
    case KIND_CUSTOM:
        break;
    }
    return 0;
}

/* Where reference i stands, in the order in which they are released: sequences from the end. */
static inline struct hgc_object **child_slot(struct hgc_object *o, const struct hgc_type *t,
                                             size_t i) {
    struct dict_entry *entry;
    switch ((enum kind)t->kind) {
    case KIND_RANGE:
        return (struct hgc_object **)((char *)o + t->first) + i;
    case KIND_FIELDS:
        return (struct hgc_object **)((char *)o + t->fields[i]);
    case KIND_LIST:
        return &((struct list *)o)->items[((struct list *)o)->count - 1 - i];
    case KIND_TUPLE:
        return &((struct tuple *)o)->items[((struct tuple *)o)->count - 1 - i];
    case KIND_DICT:
        entry = &((struct dict *)o)->table->entries[i / 2];
        return i % 2 ? &entry->value : &entry->key;
    case KIND_INSTANCE:
        return &instance_values((struct instance *)o)[i];
    case KIND_GENERATOR:
        return (struct hgc_object **)(((struct generator *)o)->frame +
                                      ((struct generator *)o)->spec->fields[i]);
    case KIND_LEAF:
    case KIND_CUSTOM:
        break;
    }
    __builtin_unreachable();
}

/* Calls `visit` for every reference but that to the class, in the order of release; stops at the
 * first result other than 0, which it returns. Inlined, so that a constant `visit` is too. */
static inline __attribute__((always_inline)) int
children_visit_own(struct hgc_object *o, const struct hgc_type *t, hgc_visit_fn *visit, void *arg) {
    int result = 0;
    if (likely(t->kind == KIND_RANGE)) {
        struct hgc_object **field = (struct hgc_object **)((char *)o + t->first);
        for (struct hgc_object **end = field + t->nfields; field < end && !result; field++)
            if (*field)
                result = visit(*field, arg);
    } else if (t->kind == KIND_CUSTOM) {
        if (t->traverse)
            result = t->traverse(o, visit, arg);
    } else {
        size_t count = children_count(o, t);
        for (size_t i = 0; i < count && !result; i++) {
            struct hgc_object *child = *child_slot(o, t, i);
            if (child)
                result = visit(child, arg);
        }
    }
    return result;
}

/* The same, and the class. */
static inline __attribute__((always_inline)) int
children_visit(struct hgc_object *o, const struct hgc_type *t, hgc_visit_fn *visit, void *arg) {
    struct hgc_object *cls = t->cls; /* read once, like the rest: `visit` may write anywhere */
    int result = children_visit_own(o, t, visit, arg);
    return result || !cls ? result : visit(cls, arg);
}

#endif

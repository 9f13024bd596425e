/* Spares: slots of objects that died young and empty and wait, in a list of their type, for its
 * next object. They pass between death and birth as they are: all behind their head is 0, the list
 * of generation 0 names them, their slab counts them as used, and so does tracked[0]. So neither
 * end has to see to any of that.
 *
 * A type has spares from such a death on, until all spares are given back: before anything looks at
 * lists, counts or slots, and before the heap grows. Under poison and with a tracer there are none,
 * and none are added while many more objects have been made since the last automatic run than such
 * a run would let pass: giving them all back would take its time. */
#ifndef GC_SPARE_H
#define GC_SPARE_H

#include "gc/object.h"

/* After a change of thresholds or of `enabled`. */
void spare_set_limit(struct hgc_runtime *rt);

/* As if it were trusted. */
static inline uint32_t spare_mark(const struct hgc_object *o) {
    return object_mark(o) | object_mark_of(0, FLAG_TRUSTED);
}

/* With this mark, an object that is dying and still tracked becomes a spare once it has no
 * references, and its finalizer has run. */
static inline int spare_is_next(uint32_t mark, const struct hgc_type *t) {
    return mark == (uint32_t)(t->spare_head >> HEAD_TYPE_SHIFT);
}

/* The same if it is tracked no more. */
static inline int spare_is_due(const struct hgc_object *o, const struct hgc_type *t) {
    return (spare_mark(o) | object_mark_of(0, FLAG_TRACKED)) ==
           (uint32_t)(t->spare_head >> HEAD_TYPE_SHIFT);
}

/* All of o behind its head is 0, but for a hidden word; `list` is that of its type. */
static inline void spare_put_empty(struct slot **list, struct hgc_object *o) {
    struct slot *slot = (struct slot *)o;
    o->flags = FLAG_NOTED_0;
    slot->next = *list;
    *list = slot;
}

/* o, whose fields are 0 and which has other words as well, becomes a spare. */
void spare_put_wiped(struct hgc_object *o, struct hgc_type *t);

static inline struct slot **spare_list(struct hgc_type *t) {
    return t->hidden ? &t->numbered : &t->spare;
}

/* Only its fields are 0. */
static inline void spare_put(struct hgc_object *o, struct hgc_type *t) {
    if (likely(t->zeroed == t->nfields))
        spare_put_empty(spare_list(t), o);
    else
        spare_put_wiped(o, t);
}

/* An object with a hidden word, from a spare: there is one, and no collection is due. */
static inline struct hgc_object *spare_take_numbered(struct hgc_runtime *rt,
                                                     struct hgc_type *type) {
    struct slot *slot = type->numbered;
    type->numbered = slot->next;
    slot->next = NULL; /* all else is 0 already */
    slot->head = type->spare_head;
    rt->count[0]++;
    *object_hidden((struct hgc_object *)slot, type) = ++rt->births;
    return (struct hgc_object *)slot;
}

/* A plain object of generation 0 has died: from now on its type may have spares. */
void spare_begin(struct hgc_runtime *rt, struct hgc_type *t);
/* Gives all of them back. */
void spare_flush(struct hgc_runtime *rt);

#endif

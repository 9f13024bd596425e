/* Spares: slots of objects that died young and empty and wait, in a list of their type, for its
 * next object. They pass between death and birth as they are: all behind their head is 0, the list
 * of generation 0 names them, their slab counts them as used, and so does tracked[0]. So neither
 * end has to see to any of that.
 *
 * A type has spares from such a death on, until all spares are given back: before anything looks at
 * lists, counts or slots, and before the heap grows. Under poison and with a tracer there are none.
 */
#ifndef GC_SPARE_H
#define GC_SPARE_H

#include "gc/object.h"

/* If its fields are NULL, o, whose last reference goes, becomes a spare. */
static inline int spare_is_due(const struct hgc_object *o, const struct hgc_type *t) {
    uint64_t suspect = (uint64_t)FLAG_SUSPECT << HEAD_FLAGS_SHIFT;
    return (((const struct slot *)o)->head & ~suspect) == t->spare_head;
}

/* All of o behind its head is 0, but for a hidden word; `list` is that of its type. */
static inline void spare_put(struct slot **list, struct hgc_object *o) {
    struct slot *slot = (struct slot *)o;
    o->flags = FLAG_NOTED_0;
    slot->next = *list;
    *list = slot;
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

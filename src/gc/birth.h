/* The quick birth: an object of a slab, with nothing about it that is special. */
#ifndef GC_BIRTH_H
#define GC_BIRTH_H

#include "gc/object.h"

/* Only its head, and without telling a tracer; NULL with a due collection, stress, a full list or
 * slab, or no such slots. (Under stress a collection is always due.) */
static inline struct hgc_object *birth_unfilled(struct hgc_runtime *rt, const struct hgc_type *type,
                                                const struct slab_class *slots) {
    struct slab *slab = slots->current;
    struct slot *slot = slab->free;
    if (unlikely(!slot || rt->count[0] >= rt->trigger))
        return NULL;
    uint64_t head = slot->head;
    if (!(head & (uint64_t)FLAG_NOTED_0 << HEAD_FLAGS_SHIFT)) {
        struct vector *young = &rt->noted[0];
        if (unlikely(young->count == young->capacity))
            return NULL;
        young->items[young->count++] = slot;
        head |= (uint64_t)FLAG_NOTED_0 << HEAD_FLAGS_SHIFT;
    }
    slab->free = slot->next;
    rt->count[0]++;
    rt->tracked[0]++;
    slot->head = head | type->head;
    return (struct hgc_object *)slot;
}

/* The same, all but its hidden word. A slot always has room for one word behind the head. */
static inline struct hgc_object *birth_in_slab(struct hgc_runtime *rt, const struct hgc_type *type,
                                               const struct slab_class *slots) {
    struct hgc_object *o = birth_unfilled(rt, type, slots);
    if (unlikely(!o))
        return NULL;
    uint64_t *word = (uint64_t *)(o + 1);
    word[0] = 0;
    if (likely(type->zeroed == 2))
        word[1] = 0;
    else
        for (uint32_t i = 1; i < type->zeroed; i++) {
            word[i] = 0;
            __asm__("" : "+r"(word)); /* not a call of memset for a word or two */
        }
    return o;
}

/* With one. */
static inline struct hgc_object *birth_numbered(struct hgc_runtime *rt,
                                                const struct hgc_type *type) {
    struct hgc_object *o = birth_in_slab(rt, type, type->quick);
    if (likely(o))
        *object_hidden(o, type) = ++rt->births;
    return o;
}

#endif

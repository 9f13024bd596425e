/* The end of objects whose last reference is gone, of any kind; release.h has the usual cases, and
 * hgc_release, which is where it begins. */
#ifndef GC_DEATH_H
#define GC_DEATH_H

#include "gc/object.h"

/* The end of o (or NULL: it has been seen to), then of those that wait for it: `parent` and so on,
 * linked as death.c says. Refcounts are 0 but for those that wait. */
void death_release(struct hgc_runtime *rt, struct hgc_object *o, struct hgc_object *parent);
/* What o, which is not tracked any more (`tracked`: it has been), hears first: its finalizer, and
 * its weak references' callbacks. 0: it lives on. */
int death_last_rites(struct hgc_runtime *rt, struct hgc_object *o, const struct hgc_type *t,
                     int tracked);
/* Takes every reference out of o, a live object of no custom kind, and drops it. */
void death_release_children(struct hgc_object *o, const struct hgc_type *t);

/* As for SLAB_PLAIN, of objects in other slabs. */
static inline int death_is_plain(const struct hgc_object *o, const struct hgc_type *t) {
    return t->plain_leaf && !(o->flags & FLAG_INTERNED);
}

static inline void death_free_plain(struct slab *slab, struct hgc_object *o) {
    struct slot *slot = (struct slot *)o;
    slot->head = 0;
    slab_put(slab, slot);
}

/* Drops one reference to `child`; 1 if it was the last and there is more to do than free a slot. */
static inline int death_drop(struct hgc_runtime *rt, struct hgc_object *child) {
    uint64_t head = *(const hgc_head *)child;
    if ((int32_t)head < 0)
        return 0;
    *(hgc_head *)child = --head;
    if ((uint32_t)head) {
        if (head >> HEAD_FLAGS_SHIFT & FLAG_TRUSTED)
            hgc_suspect(child);
        return 0;
    }
    struct slab *slab = slab_of(child);
    if (slab->use == SLAB_PLAIN) {
        death_free_plain(slab, child);
        return 0;
    }
    if (likely(slab->use == SLAB_CYCLIC) || !death_is_plain(child, rt->types[child->type]))
        return 1;
    object_free(rt, child, 0);
    return 0;
}

#endif

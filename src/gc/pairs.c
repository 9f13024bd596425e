#include "gc/pairs.h"
#include "gc/death.h"
#include "gc/spare.h"

#define INLINE static inline __attribute__((always_inline))

/* In a variable whose address nobody else learns, so that it stays in registers. */
struct pairs {
    struct hgc_runtime *rt;
    struct hgc_type *type;
    uint64_t last, mask; /* a head with these bits under the mask: a pair like the others, with one
                          * reference */
    int are_spares;      /* they become spares */
    struct hgc_object *parent;
    uintptr_t before; /* what has died last */
    int64_t dead, waiting;
};

static const uint64_t tracked_bit = (uint64_t)FLAG_TRACKED << HEAD_FLAGS_SHIFT;
static const uint64_t noted_bits = (uint64_t)FLAG_NOTED << HEAD_FLAGS_SHIFT;
static const uint64_t trusted_bit = (uint64_t)FLAG_TRUSTED << HEAD_FLAGS_SHIFT;

INLINE uint64_t head_of(const struct hgc_object *o) {
    uint64_t head;
    memcpy(&head, o, sizeof head);
    return head;
}

INLINE struct hgc_object **fields_of(struct hgc_object *o) {
    return (struct hgc_object **)(o + 1);
}

/* Its last reference is being dropped, and it is like the others. */
INLINE int is_last(const struct pairs *p, const struct hgc_object *o) {
    return (head_of(o) & p->mask) == p->last;
}

/* What dies one after the other often lies in memory in that order, or against it, like a list, or
 * a tree that was built bottom up: reads ahead. The hardware's own prefetching ends with every
 * page, and does not see the order through a tree's way down. */
INLINE void prefetch_beyond(struct pairs *p, const struct hgc_object *o) {
    enum { NEAR = 64, AHEAD = 64 };
    uintptr_t step = (uintptr_t)o - p->before;
    p->before = (uintptr_t)o;
    if (step + NEAR <= (uintptr_t)2 * NEAR)
        __builtin_prefetch((const void *)((uintptr_t)o + AHEAD * step));
}

/* Its fields are empty. */
INLINE void put(struct pairs *p, struct hgc_object *o) {
    struct slot *slot = (struct slot *)o;
    prefetch_beyond(p, o);
    p->dead++;
    if (p->are_spares) {
        spare_put_empty(&p->type->spare, o);
        return;
    }
    slot->head &= noted_bits;
    slab_put(slab_of(o), slot);
}

/* Until its first field's child is gone. */
INLINE void wait(struct pairs *p, struct hgc_object *o) {
    struct hgc_object **fields = fields_of(o);
    __builtin_prefetch(fields[1]);
    fields[0] = p->parent;
    o->refcount = 1; /* field */
    o->flags &= (uint8_t)~FLAGS_TRUSTED;
    p->parent = o;
    p->waiting++;
}

/* A child dies, with its refcount 1 if it is like the others, else 0; or NULL. */
INLINE struct hgc_object *drop(const struct pairs *p, struct hgc_object *child) {
    return is_last(p, child) || death_drop(p->rt, child) ? child : NULL;
}

/* The first field: a child that o waits for, or that it has not waited for; NULL: done. */
INLINE struct hgc_object *release_first(struct pairs *p, struct hgc_object *o) {
    struct hgc_object **fields = fields_of(o), *child = fields[0];
    if (!child)
        return NULL;
    child = drop(p, child);
    if (child && child->refcount && !fields_of(child)[0] && !fields_of(child)[1]) {
        put(p, child);
        child = NULL;
    }
    if (child && fields[1]) {
        wait(p, o);
        return child;
    }
    fields[0] = NULL;
    if (child)
        put(p, o);
    return child;
}

/* The second field, for which nobody waits. */
INLINE struct hgc_object *release_second(struct pairs *p, struct hgc_object *o) {
    struct hgc_object **fields = fields_of(o), *child = fields[1];
    fields[1] = NULL;
    put(p, o);
    return child ? drop(p, child) : NULL;
}

/* The parent if it is like the others and waits for its first field, or NULL. */
INLINE struct hgc_object *go_up(struct pairs *p) {
    struct hgc_object *o = p->parent;
    if (!o || (head_of(o) & p->mask) != p->last - tracked_bit)
        return NULL;
    p->parent = fields_of(o)[0];
    fields_of(o)[0] = NULL;
    p->waiting--;
    return o;
}

INLINE struct hgc_object *go_through(struct pairs *p, struct hgc_object *o) {
    struct hgc_object *child;
    do {
        child = release_first(p, o);
        while (!child && o) {
            child = release_second(p, o);
            o = child ? NULL : go_up(p);
        }
        o = child;
    } while (o && o->refcount);
    return o;
}

/* Copies of the loop for those that become spares and those that do not. */
static struct pairs release_all(struct pairs p, struct hgc_object **o) {
    if (p.are_spares) {
        p.are_spares = 1;
        *o = go_through(&p, *o);
    } else {
        p.are_spares = 0;
        *o = go_through(&p, *o);
    }
    return p;
}

struct hgc_object *pairs_release(struct hgc_runtime *rt, struct hgc_object *o,
                                 struct hgc_object **way_back, int64_t *dead) {
    struct hgc_type *t = rt->types[o->type];
    int generation = o->generation;
    if (generation == 0)
        spare_begin(rt, t);
    int are_spares = spare_is_next(spare_mark(o), t) && rt->count[0] <= rt->spare_limit;
    uint64_t mask = ~(trusted_bit | (are_spares ? 0 : noted_bits));
    struct pairs p = release_all((struct pairs){.rt = rt,
                                                .type = t,
                                                .last = (head_of(o) & mask & UINT64_MAX << 32) | 1,
                                                .mask = mask,
                                                .are_spares = are_spares,
                                                .parent = *way_back},
                                 &o);
    rt->tracked[generation] -= p.waiting + (are_spares ? 0 : p.dead);
    *way_back = p.parent;
    *dead += p.dead;
    return o;
}

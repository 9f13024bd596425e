/* The end of objects whose last reference is gone.
 *
 * No recursion: what a dying object owns is released reference by reference, and where a child dies
 * of it, the way back is kept in the reference that led there (it now holds the grandparent) and in
 * the parent's refcount (how many references have been released). So any depth costs no memory, the
 * subtree of a child ends before its sibling begins, and nothing here can fail. A parent whose last
 * reference led to the child is freed before going down; that of an instance is its class.
 *
 * The dealloc of a custom type calls hgc_decref itself, which is recursion; beyond some depth its
 * objects wait in a list until the outermost one is done. */
#include "gc/children.h"
#include "gc/death.h"
#include "gc/release.h"
#include "gc/user_code.h"
#include "gc/weakref.h"

enum { CUSTOM_DEPTH_MAX = 50 };

/* --- before: finalizer and weak references --- */

/* While it runs, o has a reference, and if it was tracked, it is a young object, as CPython's are;
 * the run in progress has no part in it any more. 1: o is dead. */
static int finalize(struct hgc_runtime *rt, struct hgc_object *o, const struct hgc_type *t,
                    int tracked) {
    o->refcount = 1;
    if (tracked) {
        o->flags &= (uint8_t)~FLAG_IN_RUN;
        o->flags |= FLAG_TRACKED;
        o->generation = 0;
        rt->tracked[0]++;
        object_note_surely(rt, o);
    }
    user_finalize(rt, t, o);
    if (o->refcount > 1) {
        if (!t->legacy)
            o->flags |= FLAG_FINALIZED;
        hgc_decref(o); /* a suspect, then */
        return 0;
    }
    o->refcount = 0;
    if (o->flags & FLAG_TRACKED)
        object_untrack(rt, o);
    return 1;
}

/* Weak references learn of it after the finalizer, but of a generator's end before it is closed. */
int death_last_rites(struct hgc_runtime *rt, struct hgc_object *o, const struct hgc_type *t,
                     int tracked) {
    if (t->kind == KIND_GENERATOR && o->flags & FLAG_WEAKREFS)
        weakref_referent_dies(rt, o, t);
    if (t->finalize && !t->legacy && !(o->flags & FLAG_FINALIZED) && !finalize(rt, o, t, tracked))
        return 0;
    if (o->flags & FLAG_WEAKREFS)
        weakref_referent_dies(rt, o, t);
    if (!t->finalize || !t->legacy)
        return 1;
    if (!finalize(rt, o, t, tracked))
        return 0;
    weakref_forget_all(o, t);
    return 1;
}

/* --- after: references and memory --- */

/* Returns the class of o if that dies with it, or NULL. */
static inline struct hgc_object *dispose(struct hgc_runtime *rt, struct hgc_object *o,
                                         const struct hgc_type *t) {
    struct hgc_object *cls = t->cls;
    if (t->fini)
        t->fini(rt, o);
    object_free(rt, o, t->cyclic);
    return unlikely(cls != NULL) && death_drop(rt, cls) ? cls : NULL;
}

/* --- custom types --- */

/* A waiting object's refcount and generation are the distance of the next one, in 8 bytes. */
static void delay(struct hgc_runtime *rt, struct hgc_object *o) {
    uint64_t next = rt->delayed ? ((uintptr_t)rt->delayed - gc_reserve.base) / 8 : 0;
    o->refcount = (uint32_t)next;
    o->generation = (uint8_t)(next >> 32);
    rt->delayed = o;
}

static struct hgc_object *next_delayed(struct hgc_runtime *rt) {
    struct hgc_object *o = rt->delayed;
    if (o) {
        uint64_t next = o->refcount | (uint64_t)o->generation << 32;
        rt->delayed = next ? (struct hgc_object *)(gc_reserve.base + next * 8) : NULL;
        o->refcount = 0;
        o->generation = 0;
    }
    return o;
}

static void release_custom(struct hgc_runtime *rt, struct hgc_object *o, const struct hgc_type *t) {
    if (t->dealloc)
        t->dealloc(o);
    else if (t->clear)
        t->clear(o);
    dispose(rt, o, t);
}

static void destroy_custom(struct hgc_runtime *rt, struct hgc_object *o, const struct hgc_type *t) {
    if (rt->custom_depth == CUSTOM_DEPTH_MAX) {
        delay(rt, o);
        return;
    }
    rt->custom_depth++;
    release_custom(rt, o, t);
    if (rt->custom_depth == 1)
        while ((o = next_delayed(rt)))
            release_custom(rt, o, rt->types[o->type]);
    rt->custom_depth--;
}

/* --- all others --- */

/* 0: it lives on, or everything has been seen to. */
static inline int enter(struct hgc_runtime *rt, struct hgc_object *o, const struct hgc_type *t) {
    int tracked = o->flags & FLAG_TRACKED;
    if (tracked)
        object_untrack(rt, o);
    if (unlikely(t->finalize || o->flags & FLAG_WEAKREFS) && !death_last_rites(rt, o, t, tracked))
        return 0;
    if (unlikely(t->kind == KIND_CUSTOM)) {
        destroy_custom(rt, o, t);
        return 0;
    }
    return 1;
}

/* Releases the references from *i on in a range of fields, until a child dies of it; *i is then the
 * place behind. */
static inline struct hgc_object **next_death_in_range(struct hgc_runtime *rt, struct hgc_object *o,
                                                      const struct hgc_type *t, size_t *i) {
    struct hgc_object **fields = (struct hgc_object **)((char *)o + t->first);
    while (*i < t->nfields) {
        struct hgc_object **field = &fields[(*i)++];
        if (*field && death_drop(rt, *field))
            return field;
        *field = NULL; /* it may become a spare (release.c) */
    }
    return NULL;
}

/* Ends up to `count` items before `end`, from the last on, for as long as they are the plain slab's
 * and this was their last reference; returns how many. Numbers that were made one after the other
 * lie like that: neither their slab's list nor its count is written for each. */
static size_t end_plain_items(struct slab *slab, struct hgc_object **end, size_t count) {
    size_t ended = 0, most = slab_puts_at_once(slab);
    struct slot *free = slab->free;
    for (most = count < most ? count : most; ended < most; ended++) {
        struct hgc_object *item = *--end;
        if (slab_of(item) != slab || item->refcount != 1)
            break;
        struct slot *slot = (struct slot *)item;
        slot->head = 0;
        slot->next = free;
        free = slot;
    }
    slab_put_linked(slab, free, ended);
    return ended;
}

/* The same in a list, whose items are all there, and are released from the end. */
static inline struct hgc_object **next_death_in_list(struct hgc_runtime *rt, const struct list *l,
                                                     size_t *i) {
    while (*i < l->count) {
        struct hgc_object **item = &l->items[l->count - ++*i];
        struct slab *slab = slab_of(*item);
        if (death_drop(rt, *item))
            return item;
        if (item > l->items && slab_of(item[-1]) == slab /* so it is still there */ &&
            slab->use == SLAB_PLAIN)
            *i += end_plain_items(slab, item, l->count - *i);
    }
    return NULL;
}

/* Releases what o owns from reference *i on, until a child dies of it: where that reference stands,
 * or NULL. */
static inline struct hgc_object **next_death(struct hgc_runtime *rt, struct hgc_object *o,
                                             const struct hgc_type *t, size_t *i) {
    if (t->kind == KIND_RANGE)
        return next_death_in_range(rt, o, t, i);
    if (t->kind == KIND_LIST)
        return next_death_in_list(rt, (const struct list *)o, i);
    size_t count = children_count(o, t);
    while (*i < count) {
        struct hgc_object **slot = child_slot(o, t, (*i)++);
        if (*slot && death_drop(rt, *slot))
            return slot;
    }
    return NULL;
}

static inline int has_more(struct hgc_object *o, const struct hgc_type *t, size_t i) {
    if (unlikely(t->cls != NULL))
        return 1;
    if (t->kind == KIND_RANGE) {
        struct hgc_object **fields = (struct hgc_object **)((char *)o + t->first);
        while (i < t->nfields && !fields[i])
            i++;
        return i < t->nfields;
    }
    size_t count = children_count(o, t);
    while (i < count)
        if (*child_slot(o, t, i++))
            return 1;
    return 0;
}

/* Back to the parent: sets *i to its next reference and *parent to its own parent. */
static inline struct hgc_object *go_up(struct hgc_runtime *rt, struct hgc_object **parent,
                                       size_t *i) {
    struct hgc_object *o = *parent;
    if (o) {
        *i = o->refcount;
        struct hgc_object **slot = child_slot(o, rt->types[o->type], *i - 1);
        *parent = *slot;
        *slot = NULL;
    }
    return o;
}

/* Goes on with o, of which `i` references have been released, until a child dies, which is
 * returned, or it is at its end: NULL. */
static inline struct hgc_object *go_on(struct hgc_runtime *rt, struct hgc_object *o, size_t i,
                                       struct hgc_object **parent) {
    const struct hgc_type *t = rt->types[o->type];
    struct hgc_object **slot = next_death(rt, o, t, &i);
    if (!slot)
        return dispose(rt, o, t);
    struct hgc_object *child = *slot;
    if (has_more(o, t, i)) {
        *slot = *parent;
        o->refcount = (uint32_t)i;
        *parent = o;
    } else {
        dispose(rt, o, t);
    }
    return child;
}

void death_release(struct hgc_runtime *rt, struct hgc_object *o, struct hgc_object *parent) {
    do {
        size_t i = 0;
        if (!o || !enter(rt, o, rt->types[o->type]))
            o = go_up(rt, &parent, &i);
        if (o)
            o = go_on(rt, o, i, &parent);
        o = release_ranges(rt, o, &parent);
    } while (o || parent);
}

/* --- for the collector and the end of a runtime --- */

void death_release_children(struct hgc_object *o, const struct hgc_type *t) {
    size_t count = children_count(o, t);
    for (size_t i = 0; i < count; i++) {
        struct hgc_object **slot = child_slot(o, t, i), *child = *slot;
        *slot = NULL;
        hgc_decref(child);
    }
}

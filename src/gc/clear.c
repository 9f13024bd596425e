/* The end of the trash: freed at once where nobody can watch, else as CPython does it. */
#include "gc/children.h"
#include "gc/death.h"
#include "gc/debug.h"
#include "gc/run.h"
#include "heapline_objects.h"

/* Frees the slots of those that died earlier in this run, and takes them off the list, like what
 * is uncollectable. */
static void drop_dead(struct run *r) {
    size_t kept = 0;
    for (size_t i = 0; i < r->trash.count; i++) {
        struct hgc_object *o = r->trash.items[i];
        if (run_has(o))
            r->trash.items[kept++] = o;
        else if (o->flags & FLAG_IN_RUN)
            object_put_slot(slab_of(o), o);
    }
    r->trash.count = kept;
}

/* --- at once --- */

/* Clearing is plain while it runs no code that could come across other trash. */
static int is_plain(const struct run *r) {
    for (size_t i = 0; r->user_code && i < r->trash.count; i++)
        if (((const struct hgc_object *)r->trash.items[i])->flags & FLAG_WEAKREFS)
            return 0; /* made by a finalizer */
    return !(r->cares & CARE_CUSTOM);
}

/* Would this be the end of more than a slot? */
static int dies_loudly(struct hgc_runtime *rt, const struct hgc_object *o) {
    return o->refcount == 1 && !rt->types[o->type]->plain_leaf;
}

/* Drops a reference to what is not trash; 0: another object would die of it. A free slot has no
 * references until it is used again. */
static inline int drop_quietly(struct hgc_runtime *rt, struct hgc_object **slot) {
    struct hgc_object *child = *slot;
    if (!child || child->flags & FLAG_IN_RUN || !child->refcount)
        return 1;
    if (dies_loudly(rt, child))
        return 0;
    *slot = NULL;
    hgc_decref(child);
    return 1;
}

/* All of these that o owns; 0: not all. */
static inline int drop_all_quietly(struct hgc_runtime *rt, struct hgc_object *o,
                                   const struct hgc_type *t) {
    int done = 1;
    if (likely(t->kind == KIND_RANGE)) {
        struct hgc_object **field = child_slot(o, t, 0);
        for (struct hgc_object **end = field + t->nfields; field < end && done; field++)
            done = drop_quietly(rt, field);
    } else {
        size_t count = children_count(o, t);
        for (size_t i = 0; i < count && done; i++)
            done = drop_quietly(rt, child_slot(o, t, i));
    }
    return done;
}

/* References among the trash need not be counted down: all of it goes. As long as no other object
 * dies, no slot is used again, and each can be freed at once. Returns how many have been. */
static size_t free_quietly(struct hgc_runtime *rt, const struct run *r) {
    size_t i = 0;
    for (; i < r->trash.count; i++) {
        struct hgc_object *o = r->trash.items[i];
        const struct hgc_type *t = rt->types[o->type];
        run_prefetch(o);
        if (!drop_all_quietly(rt, o, t))
            break;
        if (t->cls && dies_loudly(rt, t->cls))
            break;
        if (t->fini)
            t->fini(rt, o);
        rt->tracked[o->generation]--;
        publish_death(rt, o);
        object_put_slot(slab_of(o), o);
        hgc_decref(t->cls);
    }
    rt->count[0] = rt->count[0] > (int64_t)i ? rt->count[0] - (int64_t)i : 0;
    return i;
}

/* The others keep their slots until the last of them has let go of what it owns. */
static void forget_freed(struct hgc_runtime *rt, const struct run *r, size_t from) {
    for (size_t i = from; i < r->trash.count; i++) {
        struct hgc_object *o = r->trash.items[i];
        const struct hgc_type *t = rt->types[o->type];
        size_t count = children_count(o, t);
        for (size_t j = 0; j < count; j++) {
            struct hgc_object **slot = child_slot(o, t, j);
            if (*slot && !(*slot)->refcount)
                *slot = NULL;
        }
    }
}

static void release_one(struct hgc_runtime *rt, struct hgc_object *o) {
    const struct hgc_type *t = rt->types[o->type];
    size_t count = children_count(o, t);
    for (size_t i = 0; i < count; i++) {
        struct hgc_object *child = *child_slot(o, t, i);
        if (child && !(child->flags & FLAG_IN_RUN))
            hgc_decref(child);
    }
    object_untrack(rt, o);
    if (t->fini && !is_type(o, TYPE_CLASS))
        t->fini(rt, o);
    object_free(rt, o, 1);
}

/* Classes come last: the instances' types are theirs. By then another class, which is no trash, may
 * die of an instance and run code that uses free slots again. */
static void free_slots(struct hgc_runtime *rt, const struct run *r, size_t from, int classes) {
    for (size_t i = from; i < r->trash.count; i++) {
        struct hgc_object *o = r->trash.items[i];
        if (!(o->flags & FLAG_IN_RUN) || is_type(o, TYPE_CLASS) != classes)
            continue;
        const struct hgc_type *t = rt->types[o->type];
        struct hgc_object *cls = t->cls;
        if (classes)
            t->fini(rt, o);
        object_put_slot(slab_of(o), o);
        if (cls && !(cls->flags & FLAG_IN_RUN))
            hgc_decref(cls);
    }
}

static void clear_at_once(struct hgc_runtime *rt, struct run *r) {
    size_t freed = r->cares & CARE_CLASS ? 0 : free_quietly(rt, r);
    if (freed)
        forget_freed(rt, r, freed);
    for (size_t i = freed; i < r->trash.count; i++)
        release_one(rt, r->trash.items[i]);
    free_slots(rt, r, freed, 0);
    if (r->cares & CARE_CLASS)
        free_slots(rt, r, freed, 1);
}

/* --- one by one --- */

/* Each may die of it, and take others along. A dealloc may come across lists and dicts; they are
 * empty by then. */
static void clear_one(struct hgc_runtime *rt, struct hgc_object *o) {
    const struct hgc_type *t = rt->types[o->type];
    hgc_incref(o);
    if (t->kind == KIND_CUSTOM && t->clear)
        t->clear(o);
    else if (t->kind == KIND_LIST || t->kind == KIND_DICT)
        (void)hgc_clear(o);
    else if (t->kind != KIND_CUSTOM && t->kind != KIND_TUPLE)
        death_release_children(o, t);
    hgc_decref(o);
}

/* A dealloc that the runtime called for, and that made this run necessary, is none of its depth. */
static void clear_one_by_one(struct hgc_runtime *rt, struct run *r) {
    int depth = rt->custom_depth;
    struct hgc_object *delayed = rt->delayed;
    rt->custom_depth = 0;
    rt->delayed = NULL;
    for (size_t i = 0; i < r->trash.count; i++)
        if (run_has(r->trash.items[i]))
            clear_one(rt, r->trash.items[i]);
    rt->custom_depth = depth;
    rt->delayed = delayed;
    drop_dead(r);
    for (size_t i = 0; i < r->trash.count; i++)
        trash_keep(rt, r, r->trash.items[i]);
}

/* --- both --- */

static void save(struct hgc_runtime *rt, struct hgc_object *o) {
    if (hgc_list_append(rt->garbage, o))
        rt->whole_pass_due = 1;
}

void clear_trash(struct hgc_runtime *rt, struct run *r) {
    if (r->user_code || r->uncollectable.count)
        drop_dead(r);
    r->collected += (int64_t)r->trash.count;
    if (rt->debug & HGC_DEBUG_SAVEALL) {
        for (size_t i = 0; i < r->trash.count; i++) {
            save(rt, r->trash.items[i]);
            trash_keep(rt, r, r->trash.items[i]);
        }
    } else if (is_plain(r)) {
        clear_at_once(rt, r);
    } else {
        clear_one_by_one(rt, r);
    }
}

/* Those that nothing but this run still refers to have been collected after all. */
void clear_uncollectable(struct hgc_runtime *rt, struct run *r) {
    for (size_t i = 0; i < r->uncollectable.count; i++) {
        struct hgc_object *o = r->uncollectable.items[i];
        if (o->refcount == 1)
            continue;
        r->uncollected++;
        if (rt->debug & HGC_DEBUG_UNCOLLECTABLE)
            debug_object(rt, "uncollectable", o);
        if (rt->debug & HGC_DEBUG_SAVEALL || rt->types[o->type]->legacy)
            save(rt, o);
    }
    for (size_t i = 0; i < r->uncollectable.count; i++) {
        struct hgc_object *o = r->uncollectable.items[i];
        trash_keep(rt, r, o);
        hgc_decref(o);
    }
}

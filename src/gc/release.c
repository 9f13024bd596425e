/* The end of what dies most: plain objects, and those that are a range of fields (and an instance's
 * class), with all that goes with them and is of the same kind. How that is done without recursion
 * is told in death.c, which is where everything else ends. */
#include "gc/release.h"
#include "gc/death.h"
#include "gc/pairs.h"
#include "gc/spare.h"
#include "gc/weakref.h"

/* --- ranges of fields --- */

/* It has no finalizer and no weak references, and a collection has no part in it. */
static inline int is_quick(const struct hgc_object *o, const struct hgc_type *t) {
    return t->plain_range &&
           (o->flags & (FLAG_TRACKED | FLAG_IN_RUN | FLAG_WEAKREFS)) == FLAG_TRACKED;
}

/* Its fields are empty, and its class lives on. */
static inline void free_range(struct hgc_runtime *rt, struct hgc_object *o, struct hgc_type *t) {
    int tracked = o->flags & FLAG_TRACKED;
    if (likely(spare_is_due(o, t) && rt->count[0] <= rt->spare_limit)) {
        if (!tracked)
            rt->tracked[0]++;
        spare_put(o, t);
        return;
    }
    if (o->generation == 0)
        spare_begin(rt, t);
    if (tracked)
        rt->tracked[o->generation]--;
    object_put_slot(slab_of(o), o);
}

/* Releases the references from *i on in a range of fields, each of which it empties but the last,
 * from which a child dies: that one, or NULL. */
static inline struct hgc_object *next_child(struct hgc_runtime *rt, struct hgc_object **fields,
                                            const struct hgc_type *t, size_t *i) {
    while (*i < t->nfields) {
        struct hgc_object *child = fields[(*i)++];
        if (!child)
            continue;
        if (death_drop(rt, child))
            return child;
        fields[*i - 1] = NULL;
    }
    return NULL;
}

/* Is there anything behind field i that has to wait until a child is gone? An instance's reference
 * to its class is dropped last, as in CPython 3.11. */
static inline int must_wait(struct hgc_object **fields, const struct hgc_type *t, size_t i) {
    for (; i < t->nfields; i++)
        if (fields[i]) {
            __builtin_prefetch(fields[i]);
            return 1;
        }
    return t->cls != NULL;
}

/* A range that a collection has no part in, and whose last rites are over. */
static inline int is_waiting_range(const struct hgc_object *o, const struct hgc_type *t) {
    return t->ends_as_range && t->cyclic && !(o->flags & FLAG_IN_RUN);
}

/* Back to the parent: sets *i to its next field and *parent to its own parent. NULL: there is none,
 * or it is no such range. */
static inline struct hgc_object *go_up(struct hgc_runtime *rt, struct hgc_object **parent,
                                       size_t *i) {
    struct hgc_object *o = *parent;
    if (!o || !is_waiting_range(o, rt->types[o->type]))
        return NULL;
    struct hgc_object **fields = (struct hgc_object **)((char *)o + rt->types[o->type]->first);
    *i = o->refcount;
    *parent = fields[*i - 1];
    fields[*i - 1] = NULL;
    return o;
}

/* count[0] goes down, to 0 at least. */
static inline void count_deaths(struct hgc_runtime *rt, int64_t dead) {
    rt->count[0] -= dead < rt->count[0] ? dead : rt->count[0];
}

/* o, which is next to die, and whose references from *i on are left. Returns the child to be
 * released next, if there is one; *parent may be o then, waiting for it. */
static inline __attribute__((always_inline)) struct hgc_object *
release_range(struct hgc_runtime *rt, struct hgc_object *o, struct hgc_object **parent, size_t i,
              int64_t *dead) {
    struct hgc_type *t = rt->types[o->type];
    struct hgc_object **fields = (struct hgc_object **)((char *)o + t->first);
    struct hgc_object *child = next_child(rt, fields, t, &i);
    if (child && must_wait(fields, t, i)) {
        if (o->flags & FLAG_TRACKED)
            object_untrack(rt, o);
        fields[i - 1] = *parent;
        o->refcount = (uint32_t)i;
        *parent = o;
        return child;
    }
    if (child)
        fields[i - 1] = NULL;
    ++*dead;
    free_range(rt, o, t);
    return t->cls && death_drop(rt, t->cls) ? t->cls : child;
}

/* What comes before the end of a range that is not quick, and may do anything. Returns o, or NULL
 * if that lives on. Without a finalizer it has weak references. */
static inline struct hgc_object *begin_end(struct hgc_runtime *rt, struct hgc_object *o,
                                           const struct hgc_type *t, int64_t *dead) {
    count_deaths(rt, *dead);
    *dead = 0;
    object_untrack(rt, o);
    if (t->finalize)
        return death_last_rites(rt, o, t, 1) ? o : NULL;
    weakref_referent_dies(rt, o, t);
    return o;
}

static inline int is_range(const struct hgc_object *o, const struct hgc_type *t) {
    return t->ends_as_range && (o->flags & (FLAG_TRACKED | FLAG_IN_RUN)) == FLAG_TRACKED;
}

/* As release_ranges. */
static inline __attribute__((always_inline)) struct hgc_object *
go_through_ranges(struct hgc_runtime *rt, struct hgc_object *o, struct hgc_object **way_back) {
    int64_t dead = 0;
    size_t i = 0;
    while (o || (o = go_up(rt, way_back, &i))) {
        const struct hgc_type *t = rt->types[o->type];
        if (!i && !is_quick(o, t)) {
            if (!is_range(o, t))
                break;
            o = begin_end(rt, o, t, &dead);
            if (!o)
                continue;
        }
        if (!i && t->spares == 2 && !t->cls)
            o = pairs_release(rt, o, way_back, &dead);
        else
            o = release_range(rt, o, way_back, i, &dead);
        i = 0;
    }
    count_deaths(rt, dead);
    return o;
}

struct hgc_object *release_ranges(struct hgc_runtime *rt, struct hgc_object *o,
                                  struct hgc_object **way_back) {
    return rt->publisher ? o : go_through_ranges(rt, o, way_back);
}

/* --- all that dies --- */

void release_childless(struct hgc_runtime *rt, struct hgc_object *o, const struct hgc_type *t) {
    if (o->flags & FLAG_TRACKED)
        object_untrack(rt, o);
    t->fini(rt, o);
    object_free(rt, o, t->cyclic);
}

static __attribute__((noinline)) void release_any(struct hgc_object *o, struct hgc_runtime *rt) {
    struct hgc_object *parent = NULL;
    const struct hgc_type *t = rt->types[o->type];
    o->refcount = 0;
    if (death_is_plain(o, t)) {
        object_free(rt, o, 0);
        return;
    }
    if (t->childless) {
        release_childless(rt, o, t);
        return;
    }
    if (likely(!rt->publisher))
        o = go_through_ranges(rt, o, &parent);
    if (unlikely(o || parent))
        death_release(rt, o, parent);
}

/* Of what becomes no spare: an empty pair, and nothing else about it. Not if its type may have
 * spares from now on. */
static inline int ends_here(const struct hgc_runtime *rt, const struct hgc_object *o,
                            const struct hgc_type *t, int64_t count) {
    return object_is_empty_pair(o, t) && is_quick(o, t) && !rt->publisher &&
           (o->generation || t->spare_head || count > rt->spare_limit);
}

static inline void end_pair(struct hgc_runtime *rt, struct slab *slab, struct hgc_object *o,
                            int64_t count) {
    rt->tracked[o->generation]--;
    rt->count[0] = count - (count != 0);
    object_put_slot(slab, o);
}

/* Takes a reference from o, unless that is its last, or makes it a suspect. */
static inline int drop_shared(struct hgc_object *o) {
    uint64_t head = *(const hgc_head *)o;
    uint32_t count = (uint32_t)head;
    if (unlikely(count - 2 > (uint32_t)INT32_MAX - 2)) /* 1, or immortal */
        return count != 1;
    if (unlikely(head >> HEAD_FLAGS_SHIFT & FLAG_TRUSTED))
        return 0;
    *(hgc_head *)o = head - 1;
    return 1;
}

static inline int empty_field(struct hgc_object **field) {
    if (*field && !drop_shared(*field))
        return 0;
    *field = NULL;
    return 1;
}

/* Takes from o, which becomes a spare, what others refer to as well. 1: that was all. */
static inline int let_go_of_shared(struct hgc_object *o, const struct hgc_type *t) {
    struct hgc_object **field = (struct hgc_object **)(o + 1), **end = field + t->nfields;
    for (; field + 2 <= end; field += 2)
        if (!empty_field(field) || !empty_field(field + 1))
            return 0;
    if (field < end && !empty_field(field))
        return 0;
    return !t->cls || drop_shared(t->cls);
}

static __attribute__((noinline)) void release_published(struct hgc_object *o,
                                                        struct hgc_runtime *rt) {
    const struct hgc_type *t = rt->types[o->type];
    if (rt->publisher && object_is_empty_pair(o, t) && is_quick(o, t)) {
        publish_death_now(rt, o);
        end_pair(rt, slab_of(o), o, rt->count[0]);
    } else {
        release_any(o, rt);
    }
}

/* Without a stack frame, as below. */
FROM_LINE_START static __attribute__((noinline)) void release_rest(struct hgc_object *o,
                                                                   struct hgc_runtime *rt,
                                                                   struct hgc_type *t,
                                                                   int64_t count, uint32_t mark) {
    if (spare_is_next(mark, t) && t->plain_range && count <= rt->spare_limit &&
        let_go_of_shared(o, t)) {
        rt->count[0] = count - (count != 0);
        spare_put(o, t);
    } else {
        release_published(o, rt);
    }
}

/* What dies most is done here, in some 20 to 40 instructions and without a stack frame: plain
 * objects, and pairs that die empty. */
FROM_LINE_START void hgc_release(struct hgc_object *o) {
    struct slab *slab = slab_of(o);
    if (likely(slab->use == SLAB_PLAIN)) {
        death_free_plain(slab, o);
        return;
    }
    struct hgc_runtime *rt = slab->rt;
    struct hgc_type *t = rt->types[o->type];
    int64_t count = rt->count[0];
    uint32_t mark = spare_mark(o);
    if (likely(mark == t->pair_mark && object_is_empty(o) && count <= rt->spare_limit)) {
        spare_put_empty(&t->spare, o);
        rt->count[0] = count - (count != 0);
    } else if (likely(ends_here(rt, o, t, count))) {
        end_pair(rt, slab, o, count);
    } else {
        release_rest(o, rt, t, count, mark);
    }
}

/* One collection, from the list of what to look at to the fate of the garbage.
 *
 *   collect  (collect.c) surrounds the others by counters, statistics, callbacks and debug lines.
 *   trace    (trace_list.c, trace_mark.c, trace_heap.c) finds the trash: objects of the generation
 *            and the younger ones that nothing outside of them refers to, directly or not. Real
 *            refcounts are not touched, so that all can be given up when memory ends. The others
 *            grow older.
 *   trash    (trash.c) sets legacy finalizers aside, calls weak references' callbacks and
 *            finalizers, looks again for what they have resurrected, and clears the rest.
 *
 * From the end of the trace on, exactly the trash has IN_RUN. Objects may die in every call of user
 * code; those with IN_RUN keep their slot, so the lists here stay readable: a member is alive while
 * it is TRACKED and IN_RUN. */
#ifndef GC_RUN_H
#define GC_RUN_H

#include "gc/class.h"
#include "gc/object.h"

struct run {
    int generation;
    int user_code;               /* some has been called, and did something to the trash */
    int cares;                   /* what the trash takes (enum care) */
    int unlisted;                /* some of what calls user code is not in `ordered`: no memory */
    struct vector members;       /* what the trace looks at */
    size_t settled;              /* of them and of leaves, what lives on and has been promoted */
    struct vector others;        /* of generation 1: what only grows older; of 0: leaves */
    struct vector trash;         /* what it has found, in no order */
    struct vector ordered;       /* of these, what calls user code, in order (order.c) */
    struct vector uncollectable; /* legacy finalizers and what they reach; held */
    struct vector stack;
    struct scratch_table scratch;
    int64_t collected, uncollected;
    uint64_t examined;
};

/* For passes by addresses: the hardware's own prefetching ends with every page. */
static inline void run_prefetch(const void *at) {
    enum { AHEAD = 2048 };
    __builtin_prefetch((const char *)at + AHEAD);
}

enum { MEMBER_ALIVE = FLAG_TRACKED | FLAG_IN_RUN };

static inline int run_has(const struct hgc_object *o) {
    return (o->flags & MEMBER_ALIVE) == MEMBER_ALIVE;
}

/* What o takes, which is or may be trash; what may call user code is listed for order_trash. */
static inline void run_note(struct run *r, struct hgc_object *o, const struct hgc_type *t) {
    _Static_assert((int)CARE_WATCHED == (int)FLAG_WEAKREFS, "taken over as it is");
    int cares = t->cares | (o->flags & FLAG_WEAKREFS);
    if (likely(!cares))
        return;
    r->cares |= cares;
    if (cares & (CARE_FINALIZER | CARE_WATCHED))
        r->unlisted |= vector_push(&r->ordered, o);
}

/* May garbage lead through o, which is tracked? A class without attributes leads nowhere, and of
 * what is frozen nothing is garbage. */
static inline int run_leads_on(const struct hgc_object *o) {
    const struct class_object *c = (const struct class_object *)o;
    return o->generation != FROZEN && !(is_type(o, TYPE_CLASS) && !c->base && !c->attributes);
}

/* Finds the trash of the run's generation (trace_old: of generation 2) and the younger ones; 0, or
 * -1 without memory: none of it is lost to a later run. */
int trace_list(struct hgc_runtime *rt, struct run *r);
int trace_old(struct hgc_runtime *rt, struct run *r);

/* 1 if it is clear at a glance that there is none, and all that lives has been promoted; else 0,
 * and everything is to be looked at as before. Cannot fail. */
int trace_glance(struct hgc_runtime *rt, struct run *r);

/* The steps of following; -1 without memory.
 * gather: takes the lists of the generations: suspects and new objects become members, with IN_RUN.
 * count: adds the references among the members to the scratch; those to other objects of the
 *   generations make these members too, up to `limit` in all; 1 beyond that.
 * finish: marks and promotes what lives on, lists the rest as trash.
 * give_up: puts every member back where it came from.
 * forget: gives the scratch of the members back. */
int trace_gather(struct hgc_runtime *rt, struct run *r);
int trace_count(struct hgc_runtime *rt, struct run *r, size_t limit);
int trace_finish(struct hgc_runtime *rt, struct run *r);
void trace_give_up(struct hgc_runtime *rt, struct run *r);
void trace_forget(struct run *r, const struct vector *members);
/* Moves a survivor into the next generation. */
void trace_promote(struct hgc_runtime *rt, struct run *r, struct hgc_object *o);

/* Of counted members: takes IN_RUN from what is referred to from elsewhere, and all it reaches. */
int trace_mark(struct hgc_runtime *rt, struct run *r, const struct vector *members);
/* Looks at the trash again: takes IN_RUN from what is referred to from elsewhere, and all that
 * reaches. Leaves scratch. -1 without memory. */
int trace_again(struct hgc_runtime *rt, struct run *r);
/* Marks what is in r->stack, and all it reaches among IN_RUN; each loses IN_RUN and is handed to
 * `found` unless that is NULL. */
int trace_drain(struct hgc_runtime *rt, struct run *r, struct vector *found);

/* Everything that happens to the trash; sets r->collected and r->uncollected. */
void trash_dispose(struct hgc_runtime *rt, struct run *r);
/* Leaves in `ordered` the trash that has finalizers or weak references: objects of generation g,
 * then of 0, then of 1, each by birth. -1 without memory. */
int order_trash(struct run *r);
/* A member of the trash lives on. */
void trash_keep(struct hgc_runtime *rt, struct run *r, struct hgc_object *o);
/* Frees what is still trash, or under HGC_DEBUG_SAVEALL lists it as garbage. */
void clear_trash(struct hgc_runtime *rt, struct run *r);
/* Lists legacy finalizers as garbage and lets the uncollectable objects go on. */
void clear_uncollectable(struct hgc_runtime *rt, struct run *r);

/* A whole collection; `callbacks` 0: without them. Returns what hgc_collect does. */
int64_t collect_generation(struct hgc_runtime *rt, int generation, int callbacks);
/* What surrounds a collection or a piece of one (slices.h): rt->run is ready, and done with. */
void collect_begin(struct hgc_runtime *rt, int generation);
void collect_end(struct hgc_runtime *rt);
/* What the world hears of a collection: at its start, when counts are reset, too; when the trash is
 * gone; statistics and callbacks at the end. */
void collect_announce(struct hgc_runtime *rt, int generation, int callbacks);
void collect_report(struct hgc_runtime *rt, const struct run *r, uint64_t nanoseconds);
void collect_conclude(struct hgc_runtime *rt, const struct run *r, int callbacks);
/* After a change of thresholds or of `enabled`. */
void collect_set_trigger(struct hgc_runtime *rt);

#endif

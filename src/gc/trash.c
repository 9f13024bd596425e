/* What happens to the trash, in the steps and the order of CPython's collector. */
#include "gc/children.h"
#include "gc/debug.h"
#include "gc/run.h"
#include "gc/user_code.h"
#include "gc/weakref.h"

/* --- 1: legacy finalizers and what they reach are uncollectable --- */

static int is_legacy(struct hgc_runtime *rt, const struct hgc_object *o) {
    return rt->types[o->type]->legacy && run_has(o);
}

/* They are held, since a finalizer may drop what refers to them. -1 without memory, before any of
 * them has been set aside. */
static int set_legacy_aside(struct hgc_runtime *rt, struct run *r) {
    size_t i = 0;
    while (i < r->ordered.count && !is_legacy(rt, r->ordered.items[i]))
        i++;
    if (i == r->ordered.count)
        return 0;
    if (vector_reserve(&r->stack, r->trash.count) ||
        vector_reserve(&r->uncollectable, r->trash.count))
        return -1;
    for (; i < r->ordered.count; i++) {
        struct hgc_object *o = r->ordered.items[i];
        if (!is_legacy(rt, o))
            continue;
        o->flags &= (uint8_t)~FLAG_IN_RUN;
        r->stack.items[r->stack.count++] = o;
        (void)trace_drain(rt, r, &r->uncollectable);
    }
    for (i = 0; i < r->uncollectable.count; i++)
        hgc_incref(r->uncollectable.items[i]);
    return 0;
}

/* --- 2: weak references --- */

/* Those that are trash themselves are never called: they go first. Returns the list of the others
 * that are to be called. */
static struct weakref *detach_weakrefs(struct hgc_runtime *rt, const struct run *r) {
    struct weakref *calls = NULL, **end = &calls;
    for (size_t i = 0; r->cares & CARE_WEAKREF && i < r->trash.count; i++) {
        struct hgc_object *o = r->trash.items[i];
        if (run_has(o) && is_type(o, TYPE_WEAKREF))
            weakref_detach((struct weakref *)o);
    }
    for (size_t i = 0; i < r->ordered.count; i++) {
        struct hgc_object *o = r->ordered.items[i];
        if (run_has(o) && o->flags & FLAG_WEAKREFS)
            end = weakref_detach_all(o, rt->types[o->type], end);
    }
    return calls;
}

/* A weak reference that dies of its callback counts as collected; others move with the survivors,
 * even from an older generation or from among the frozen. */
static void call_weakrefs(struct hgc_runtime *rt, struct run *r, struct weakref *calls) {
    struct weakref *w;
    while ((w = calls)) {
        calls = w->next;
        weakref_call(rt, w);
        r->user_code = 1;
        if (w->head.refcount == 1)
            r->collected++;
        else if (w->head.flags & FLAG_TRACKED)
            trace_promote(rt, r, &w->head);
        hgc_decref(&w->head);
    }
}

/* --- 3: finalizers --- */

static void finalize_trash(struct hgc_runtime *rt, struct run *r) {
    for (size_t i = 0; i < r->ordered.count; i++) {
        struct hgc_object *o = r->ordered.items[i];
        const struct hgc_type *t = rt->types[o->type];
        if (!run_has(o) || !t->finalize || t->legacy || o->flags & FLAG_FINALIZED)
            continue;
        o->flags |= FLAG_FINALIZED;
        hgc_incref(o);
        user_finalize(rt, t, o);
        r->user_code = 1;
        hgc_decref(o);
    }
}

/* --- 4: what user code has resurrected lives on; the rest is cleared (clear.c) --- */

void trash_keep(struct hgc_runtime *rt, struct run *r, struct hgc_object *o) {
    o->flags &= (uint8_t)~FLAG_IN_RUN;
    object_suspect(o);
    trace_promote(rt, r, o);
}

static inline int count_inside(struct hgc_object *child, void *arg) {
    *(uint64_t *)arg += (child->flags & FLAG_IN_RUN) != 0;
    return 0;
}

/* Its sum is its own, so that the caller's can stay in a register. */
static __attribute__((noinline)) uint64_t custom_inside(struct hgc_object *o,
                                                        const struct hgc_type *t) {
    uint64_t inside = 0;
    (void)children_visit(o, t, count_inside, &inside);
    return inside;
}

/* Has user code left the trash alone? Then it all lives still, no weak references have been made,
 * and, since none has fewer references than there are among the trash, none has more if the sums
 * are equal. */
static int is_untouched(struct hgc_runtime *rt, const struct run *r) {
    struct hgc_type *const *types = rt->types;
    uint64_t references = 0, inside = 0;
    for (size_t i = 0; i < r->trash.count; i++) {
        struct hgc_object *o = r->trash.items[i];
        const struct hgc_type *t = types[o->type];
        run_prefetch(o);
        if ((o->flags & (MEMBER_ALIVE | FLAG_WEAKREFS)) != MEMBER_ALIVE)
            return 0;
        references += o->refcount;
        if (unlikely(t->kind == KIND_CUSTOM))
            inside += custom_inside(o, t);
        else
            (void)children_visit(o, t, count_inside, &inside);
    }
    return references == inside;
}

/* Without memory to look again, all of it lives on, for the next run. */
static void keep_all(struct hgc_runtime *rt, struct run *r) {
    for (size_t i = 0; i < r->trash.count; i++)
        if (run_has(r->trash.items[i]))
            trash_keep(rt, r, r->trash.items[i]);
}

static void keep_resurrected(struct hgc_runtime *rt, struct run *r) {
    struct vector *trash = &r->trash;
    int failed = vector_reserve(&r->members, trash->count + 1);
    r->members.count = 0;
    for (size_t i = 0; !failed && i < trash->count; i++)
        if (run_has(trash->items[i]))
            r->members.items[r->members.count++] = trash->items[i];
    failed = failed || trace_again(rt, r);
    trace_forget(r, trash);
    if (failed) {
        vector_clear(&r->stack);
        for (size_t i = 0; i < r->members.count; i++)
            trash_keep(rt, r, r->members.items[i]);
        keep_all(rt, r);
        return;
    }
    for (size_t i = 0; i < r->members.count; i++)
        if (!(((struct hgc_object *)r->members.items[i])->flags & FLAG_IN_RUN))
            trash_keep(rt, r, r->members.items[i]);
}

void trash_dispose(struct hgc_runtime *rt, struct run *r) {
    if (order_trash(r) || set_legacy_aside(rt, r)) {
        keep_all(rt, r);
        return;
    }
    if (rt->debug & HGC_DEBUG_COLLECTABLE)
        for (size_t i = 0; i < r->trash.count; i++)
            if (run_has(r->trash.items[i]))
                debug_object(rt, "collectable", r->trash.items[i]);
    call_weakrefs(rt, r, detach_weakrefs(rt, r));
    finalize_trash(rt, r);
    if (r->user_code && is_untouched(rt, r))
        r->user_code = 0;
    if (r->user_code)
        keep_resurrected(rt, r);
    clear_trash(rt, r);
    clear_uncollectable(rt, r);
}

#include "gc/weakref.h"
#include "gc/check.h"
#include "gc/object.h"
#include "gc/release.h"
#include "gc/user_code.h"

struct weakref *weakref_first(struct hgc_object *o, const struct hgc_type *t) {
    return o->flags & FLAG_WEAKREFS ? (struct weakref *)(uintptr_t)*object_hidden(o, t) : NULL;
}

uint64_t weakref_birth(struct hgc_object *o, const struct hgc_type *t) {
    const struct weakref *first = weakref_first(o, t);
    return first ? first->birth : *object_hidden(o, t);
}

static void set_first(struct hgc_object *o, const struct hgc_type *t, struct weakref *w) {
    uint64_t birth = weakref_birth(o, t);
    if (w) {
        w->birth = birth;
        *object_hidden(o, t) = (uintptr_t)w;
        o->flags |= FLAG_WEAKREFS;
    } else {
        *object_hidden(o, t) = birth;
        o->flags &= (uint8_t)~FLAG_WEAKREFS;
    }
}

static void attach(struct weakref *w, struct hgc_object *o, const struct hgc_type *t) {
    struct weakref *first = weakref_first(o, t);
    w->referent = o;
    w->before = first && !first->fn ? first : NULL;
    w->next = w->before ? first->next : first;
    if (w->next)
        w->next->before = w;
    if (w->before)
        w->before->next = w;
    else
        set_first(o, t, w);
}

void weakref_detach(struct weakref *w) {
    struct hgc_object *o = w->referent;
    if (!o)
        return;
    if (!w->before)
        set_first(o, type_of(o), w->next);
    else
        w->before->next = w->next;
    if (w->next)
        w->next->before = w->before;
    w->referent = NULL;
}

void weakref_call(struct hgc_runtime *rt, struct weakref *w) {
    struct user_code u;
    user_code_begin(rt, &u);
    user_code_end(rt, &u, w->fn(rt, &w->head, w->arg), &w->head);
}

/* Of o, which has some: they know it no longer. Returns the first, the others follow it. */
static struct weakref *cut_off(struct hgc_object *o, const struct hgc_type *t) {
    struct weakref *first = weakref_first(o, t);
    *object_hidden(o, t) = first->birth;
    o->flags &= (uint8_t)~FLAG_WEAKREFS;
    for (struct weakref *w = first; w; w = w->next)
        w->referent = NULL;
    return first;
}

void weakref_forget_all(struct hgc_object *o, const struct hgc_type *t) {
    if (o->flags & FLAG_WEAKREFS)
        cut_off(o, t);
}

struct weakref **weakref_detach_all(struct hgc_object *o, const struct hgc_type *t,
                                    struct weakref **end) {
    struct weakref *w = o->flags & FLAG_WEAKREFS ? cut_off(o, t) : NULL;
    for (struct weakref *next; w; w = next) {
        next = w->next;
        if (!w->fn)
            continue;
        hgc_incref(&w->head);
        w->next = NULL;
        *end = w;
        end = &w->next;
    }
    return end;
}

/* A weak reference that refers to nothing any more. */
static void let_go(struct hgc_runtime *rt, struct weakref *w) {
    if (w->head.refcount != 1) {
        hgc_decref(&w->head);
        return;
    }
    w->head.refcount = 0;
    release_childless(rt, &w->head, rt->types[TYPE_WEAKREF]);
}

void weakref_referent_dies(struct hgc_runtime *rt, struct hgc_object *o, const struct hgc_type *t) {
    struct weakref *w, *calls = NULL;
    weakref_detach_all(o, t, &calls);
    while ((w = calls)) {
        calls = w->next;
        weakref_call(rt, w);
        let_go(rt, w);
    }
}

static void forget(struct hgc_runtime *rt, struct hgc_object *o) {
    (void)rt;
    weakref_detach((struct weakref *)o);
}

const struct hgc_type weakref_type = {
    .name = "weakref", .kind = KIND_RANGE, .cyclic = 1, .fini = forget, .zeroed = 6};

struct hgc_object *hgc_weakref_new(struct hgc_runtime *rt, struct hgc_object *o, hgc_weakref_fn *fn,
                                   void *arg) {
    check_owner(rt);
    const struct hgc_type *t = type_of(o);
    if (!t->weakrefs) {
        gc_fail(rt, HEAPLINE_BAD_TYPE, t->name, "objects of this type have no weak references");
        return NULL;
    }
    struct weakref *shared = weakref_first(o, t);
    if (!fn && shared && !shared->fn)
        return hgc_incref(&shared->head);
    struct weakref *w = (struct weakref *)object_make(rt, rt->types[TYPE_WEAKREF]);
    if (!w)
        return NULL;
    shared = weakref_first(o, t); /* making it may have run user code, which asked for it first */
    if (!fn && shared && !shared->fn) {
        w->referent = NULL;
        hgc_decref(&w->head);
        return hgc_incref(&shared->head);
    }
    w->fn = fn;
    w->arg = arg;
    attach(w, o, t);
    return &w->head;
}

struct hgc_object *hgc_weakref_get(struct hgc_object *weakref) {
    return is_type(weakref, TYPE_WEAKREF) ? hgc_incref(((struct weakref *)weakref)->referent)
                                          : NULL;
}

#include "gc/weakref.h"
#include "gc/birth.h"
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

/* The list of o, which keeps this birth number, begins with w, or is empty. */
static inline void begin_list(struct hgc_object *o, const struct hgc_type *t, struct weakref *w,
                              uint64_t birth) {
    if (w) {
        w->birth = birth;
        *object_hidden(o, t) = (uintptr_t)w;
        o->flags |= FLAG_WEAKREFS;
    } else {
        *object_hidden(o, t) = birth;
        o->flags &= (uint8_t)~FLAG_WEAKREFS;
    }
}

static inline void put_behind(struct weakref *w, struct weakref *before) {
    w->before = before;
    w->next = before->next;
    if (w->next)
        w->next->before = w;
    before->next = w;
}

static inline void put_first(struct weakref *w, struct hgc_object *o, const struct hgc_type *t) {
    uint64_t birth = weakref_birth(o, t);
    w->next = weakref_first(o, t);
    if (w->next)
        w->next->before = w;
    begin_list(o, t, w, birth);
}

void weakref_detach(struct weakref *w) {
    struct hgc_object *o = w->referent;
    if (!o)
        return;
    const struct hgc_type *t = type_of(o);
    if (weakref_first(o, t) == w) {
        begin_list(o, t, w->next, w->birth);
    } else {
        w->before->next = w->next;
        if (w->next)
            w->next->before = w->before;
    }
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

/* Those from w on that are to be called, as weakref_detach_all says. */
static struct weakref **hold_all(struct weakref *w, struct weakref **end) {
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

struct weakref **weakref_detach_all(struct hgc_object *o, const struct hgc_type *t,
                                    struct weakref **end) {
    return o->flags & FLAG_WEAKREFS ? hold_all(cut_off(o, t), end) : end;
}

/* A weak reference that refers to nothing any more, so that its slot is all it leaves. */
static inline void let_go(struct hgc_runtime *rt, struct weakref *w) {
    if (w->head.refcount != 1) {
        hgc_decref(&w->head);
        return;
    }
    object_untrack(rt, &w->head);
    object_free(rt, &w->head, 1);
}

static inline void call_and_let_go(struct hgc_runtime *rt, struct weakref *w) {
    weakref_call(rt, w);
    let_go(rt, w);
}

void weakref_referent_dies(struct hgc_runtime *rt, struct hgc_object *o, const struct hgc_type *t) {
    struct weakref *w = cut_off(o, t), *calls = NULL;
    if (likely(!w->next)) {
        if (w->fn) {
            hgc_incref(&w->head);
            call_and_let_go(rt, w);
        }
        return;
    }
    hold_all(w, &calls);
    while ((w = calls)) {
        calls = w->next;
        call_and_let_go(rt, w);
    }
}

static void forget(struct hgc_runtime *rt, struct hgc_object *o) {
    (void)rt;
    weakref_detach((struct weakref *)o);
}

const struct hgc_type weakref_type = {.name = "weakref",
                                      .kind = KIND_RANGE,
                                      .cyclic = 1,
                                      .fini = forget,
                                      .zeroed = sizeof(struct weakref) / 8 - 1};

/* The one without a callback, if o has it; held. */
static inline struct hgc_object *get_shared(struct hgc_object *o, const struct hgc_type *t) {
    struct weakref *first = weakref_first(o, t);
    return first && !first->fn ? hgc_incref(&first->head) : NULL;
}

static inline struct hgc_object *attach(struct weakref *w, struct hgc_object *o,
                                        const struct hgc_type *t, hgc_weakref_fn *fn, void *arg) {
    struct weakref *first = weakref_first(o, t);
    w->fn = fn;
    w->arg = arg;
    w->referent = o;
    if (first && !first->fn)
        put_behind(w, first);
    else
        put_first(w, o, t);
    return &w->head;
}

/* What making it takes may run user code, which may ask for the shared one first. */
static __attribute__((noinline)) struct hgc_object *
new_slowly(struct hgc_runtime *rt, struct hgc_object *o, hgc_weakref_fn *fn, void *arg) {
    const struct hgc_type *t = type_of(o);
    struct weakref *w = (struct weakref *)object_make(rt, rt->types[TYPE_WEAKREF]);
    if (!w)
        return NULL;
    struct hgc_object *shared = fn ? NULL : get_shared(o, t);
    if (!shared)
        return attach(w, o, t, fn, arg);
    w->referent = NULL;
    hgc_decref(&w->head);
    return shared;
}

struct hgc_object *hgc_weakref_new(struct hgc_runtime *rt, struct hgc_object *o, hgc_weakref_fn *fn,
                                   void *arg) {
    check_owner(rt);
    const struct hgc_type *t = type_of(o), *made = rt->types[TYPE_WEAKREF];
    if (!t->weakrefs) {
        gc_fail(rt, HEAPLINE_BAD_TYPE, t->name, "objects of this type have no weak references");
        return NULL;
    }
    struct hgc_object *w = fn ? NULL : get_shared(o, t);
    if (w)
        return w;
    w = birth_unfilled(rt, made, made->quick);
    return likely(w) ? attach((struct weakref *)w, o, t, fn, arg) : new_slowly(rt, o, fn, arg);
}

struct hgc_object *hgc_weakref_get(struct hgc_object *weakref) {
    return is_type(weakref, TYPE_WEAKREF) ? hgc_incref(((struct weakref *)weakref)->referent)
                                          : NULL;
}

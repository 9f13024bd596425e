/* Weak references: objects in a list of the object they refer to, whose hidden word leads to it.
 * The shared one without a callback comes first, then those with callbacks, the newest first. */
#ifndef GC_WEAKREF_H
#define GC_WEAKREF_H

#include "gc/runtime.h"

struct weakref {
    struct hgc_object head;
    struct hgc_object *referent; /* not counted; NULL: dead */
    struct weakref *next;
    union {
        struct weakref *before;
        uint64_t birth; /* in the first of the list: the referent's */
    };
    hgc_weakref_fn *fn;
    void *arg;
};

extern const struct hgc_type weakref_type;

/* The first weak reference to o, or NULL. */
struct weakref *weakref_first(struct hgc_object *o, const struct hgc_type *t);
/* The birth number of o, whose type has a hidden word. */
uint64_t weakref_birth(struct hgc_object *o, const struct hgc_type *t);
/* Makes w forget what it refers to; its callback will not be called. */
void weakref_detach(struct weakref *w);
/* Detaches all weak references to o. Those that are to be called are held, and form a list by
 * `next`, in their order; it begins, or goes on, at *end. Returns where it would go on. */
struct weakref **weakref_detach_all(struct hgc_object *o, const struct hgc_type *t,
                                    struct weakref **end);
/* The same for those that a legacy finalizer has made: none is called. */
void weakref_forget_all(struct hgc_object *o, const struct hgc_type *t);
/* Calls the callback of w, which has been detached and is held. */
void weakref_call(struct hgc_runtime *rt, struct weakref *w);
/* Detaches all weak references to o, then calls their callbacks. */
void weakref_referent_dies(struct hgc_runtime *rt, struct hgc_object *o, const struct hgc_type *t);

#endif

/* Modes for tests and for --enable-check-gc, flags of a runtime:
 *   CHECK    before each collection the heap is validated and its trash found by a second collector
 *            that knows nothing of generations' lists (reference.c); a difference ends the process,
 *            as does a call from a thread that is not the owner
 *   POISON   freed slots are overwritten
 *   COLLECT  each GC object that is made brings a full collection, or a slice of one
 *   SLICES   slices, and pieces of what they free, are as small as can be
 * A failing allocation is gc_fail_countdown's (fail.h). */
#ifndef GC_STRESS_H
#define GC_STRESS_H

#include "gc/run.h"

enum { STRESS_CHECK = 1, STRESS_POISON = 2, STRESS_COLLECT = 4, STRESS_SLICES = 8 };

/* For a runtime without objects of its own yet. */
void stress_set(struct hgc_runtime *rt, unsigned flags);
/* Says what is wrong, and about which object unless that is NULL; does not return. */
_Noreturn void stress_fail(const char *what, const struct hgc_object *o);

void reference_predict(struct hgc_runtime *rt, const struct run *r);
void reference_compare(struct hgc_runtime *rt, const struct run *r);
/* What has been predicted holds at least all the trash. */
void reference_confirm(struct hgc_runtime *rt, const struct run *r);
/* Counters, lists and flags of a runtime agree with its objects. */
void validate_heap(struct hgc_runtime *rt);

static inline void stress_before(struct hgc_runtime *rt, const struct run *r) {
    if (unlikely(rt->stress & STRESS_CHECK)) {
        validate_heap(rt);
        reference_predict(rt, r);
    }
}

static inline void stress_after_trace(struct hgc_runtime *rt, const struct run *r) {
    if (unlikely(rt->stress & STRESS_CHECK))
        reference_compare(rt, r);
}

/* Of a run in slices, there is a piece of the trash. */
static inline void stress_piece(struct hgc_runtime *rt, const struct run *r) {
    if (unlikely(rt->stress & STRESS_CHECK)) {
        reference_predict(rt, r);
        reference_confirm(rt, r);
    }
}

static inline void stress_after_run(struct hgc_runtime *rt) {
    if (unlikely(rt->stress & STRESS_CHECK))
        validate_heap(rt);
}

#endif

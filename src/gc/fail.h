/* Tests only: makes the Nth allocation of the calling thread fail. Every place that gets memory
 * from elsewhere, new slots excepted while a slab has free ones, asks fail_now first. */
#ifndef GC_FAIL_H
#define GC_FAIL_H

#include <stdint.h>

/* Counts down; the one that reaches 0 fails. 0: none. */
extern __thread int64_t gc_fail_countdown;

static inline int fail_now(void) {
    return __builtin_expect(gc_fail_countdown != 0, 0) && --gc_fail_countdown == 0;
}

#endif

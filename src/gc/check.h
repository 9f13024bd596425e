/* Misuse, found in runtimes under stress (stress.h): a call from a thread that does not own the
 * runtime ends the process with a line on standard error. Elsewhere one test that is predicted. */
#ifndef GC_CHECK_H
#define GC_CHECK_H

#include "gc/runtime.h"

void check_owner_now(const struct hgc_runtime *rt);

static inline void check_owner(const struct hgc_runtime *rt) {
    if (unlikely(rt->stress))
        check_owner_now(rt);
}

#endif

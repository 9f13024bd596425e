/* Around every call of user code that the runtime makes by itself: it gets an error record of its
 * own, and what it could not do is reported. */
#ifndef GC_USER_CODE_H
#define GC_USER_CODE_H

#include "gc/runtime.h"

struct user_code {
    struct heapline_error *outer, error;
};

static inline void user_code_begin(struct hgc_runtime *rt, struct user_code *u) {
    u->outer = rt->error;
    u->error.code = 0;
    u->error.os_errno = 0;
    u->error.message[0] = '\0';
    rt->error = &u->error;
}

/* `result` is what it returned, `o` the object that it was about, or NULL. */
static inline void user_code_end(struct hgc_runtime *rt, struct user_code *u, int result,
                                 struct hgc_object *o) {
    if (unlikely(result < 0))
        runtime_report_unraisable(rt, o);
    rt->error = u->outer;
}

static inline void user_finalize(struct hgc_runtime *rt, const struct hgc_type *t,
                                 struct hgc_object *o) {
    struct user_code u;
    user_code_begin(rt, &u);
    user_code_end(rt, &u, t->finalize(rt, o), o);
}

#endif

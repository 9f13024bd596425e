/* What the examples of heapline-gc(7) share: a program that cannot have what it asks for says why,
 * and ends. */
#ifndef GC_EXAMPLE_H
#define GC_EXAMPLE_H

#include <heapline_objects.h>
#include <stdio.h>
#include <stdlib.h>

static inline struct hgc_runtime *need_runtime(void) {
    struct heapline_error err;
    struct hgc_runtime *rt = hgc_runtime_new(&err);
    if (!rt) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    return rt;
}

/* An object or a type, unless it could not be made. */
static inline void *need(struct hgc_runtime *rt, void *made) {
    if (!made) {
        fprintf(stderr, "%s\n", hgc_error(rt)->message);
        exit(1);
    }
    return made;
}

/* A result that is 0 or more, unless the call has failed. */
static inline int64_t done(struct hgc_runtime *rt, int64_t result) {
    if (result < 0)
        need(rt, NULL);
    return result;
}

#endif

/* Where the runtime tells the tracer about its objects: the one place. Without a tracer in the
 * process `publisher` is NULL, and each event costs one test that is always predicted.
 *
 * What the tracer gives an object at its birth, its trace, lies beside the heap, four bytes for
 * each 16 (reserve.h). */
#ifndef GC_PUBLISH_H
#define GC_PUBLISH_H

#include "base/private_api.h"
#include "gc/reserve.h"
#include "gc/runtime.h"

/* Is the tracer in this process? Then traces need their place. */
int publish_is_wanted(void);
/* A runtime's own objects have been made, those to come are published. Its end: before that, all
 * objects have died. */
void publish_begin(struct hgc_runtime *rt);
void publish_end(struct hgc_runtime *rt);
/* Runtimes hold so many bytes more for objects. */
void publish_held(int64_t bytes);

/* Returns o. */
struct hgc_object *publish_birth_now(struct hgc_runtime *rt, struct hgc_object *o);
void publish_death_now(struct hgc_runtime *rt, struct hgc_object *o);
/* The storage of o has changed by this many bytes; there is a tracer. */
void publish_resize(struct hgc_runtime *rt, const struct hgc_object *o, int64_t bytes);

static inline void publish_birth(struct hgc_runtime *rt, struct hgc_object *o) {
    if (unlikely(rt->publisher != NULL))
        (void)publish_birth_now(rt, o);
}

static inline void publish_death(struct hgc_runtime *rt, struct hgc_object *o) {
    if (unlikely(rt->publisher != NULL))
        publish_death_now(rt, o);
}

static inline void publish_collection(const struct hgc_runtime *rt,
                                      const struct private_collection *what) {
    if (unlikely(rt->publisher != NULL))
        rt->publisher->collected(what);
}

/* Where o was made, as "FILE:LINE", or as well as that can be told; NULL: not known. Valid until
 * the next call. */
const char *publish_creation(struct hgc_runtime *rt, const struct hgc_object *o);

#endif

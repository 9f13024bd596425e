/* Where the runtime tells the tracer about its objects: the one place. Without a tracer `publisher`
 * is NULL, and each event costs one test that is always predicted. */
#ifndef GC_PUBLISH_H
#define GC_PUBLISH_H

#include "gc/runtime.h"

/* What a tracer wants to be told. Any thread that owns the runtime calls them; they must not call
 * the runtime. */
struct publisher {
    void (*birth)(struct hgc_runtime *rt, struct hgc_object *o);
    void (*death)(struct hgc_runtime *rt, struct hgc_object *o);
    /* The storage of o has changed by this many bytes. */
    void (*resize)(struct hgc_runtime *rt, struct hgc_object *o, int64_t bytes);
    void (*collection)(struct hgc_runtime *rt, const struct hgc_info *info, uint64_t nanoseconds,
                       uint64_t examined);
};

static inline void publish_birth(struct hgc_runtime *rt, struct hgc_object *o) {
    if (unlikely(rt->publisher != NULL))
        rt->publisher->birth(rt, o);
}

static inline void publish_death(struct hgc_runtime *rt, struct hgc_object *o) {
    if (unlikely(rt->publisher != NULL))
        rt->publisher->death(rt, o);
}

static inline void publish_resize(struct hgc_runtime *rt, struct hgc_object *o, int64_t bytes) {
    if (unlikely(rt->publisher != NULL))
        rt->publisher->resize(rt, o, bytes);
}

static inline void publish_collection(struct hgc_runtime *rt, const struct hgc_info *info,
                                      uint64_t nanoseconds, uint64_t examined) {
    if (unlikely(rt->publisher != NULL))
        rt->publisher->collection(rt, info, nanoseconds, examined);
}

#endif

/* The quick ways in which objects end. */
#ifndef GC_RELEASE_H
#define GC_RELEASE_H

#include "gc/runtime.h"

/* Goes through dying objects, from o (or NULL) down to their children and up to those that wait, as
 * long as they are ranges of fields that end as such. Returns the first other one that dies, or
 * NULL; in *way_back who waits for its end, or is another one itself, or NULL. */
struct hgc_object *release_ranges(struct hgc_runtime *rt, struct hgc_object *o,
                                  struct hgc_object **way_back);

/* The end of an object of a childless type, whose refcount is 0. */
void release_childless(struct hgc_runtime *rt, struct hgc_object *o, const struct hgc_type *t);

#endif

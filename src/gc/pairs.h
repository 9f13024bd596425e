/* The end of what is made of pairs: objects of two fields and nothing else, like most lists' and
 * trees' nodes. */
#ifndef GC_PAIRS_H
#define GC_PAIRS_H

#include "gc/runtime.h"

/* Goes through dying pairs, from o down to its children and up to those that wait, as long as they
 * are like o: of its type, its generation, and without anything special about them. Returns the
 * first other object that dies, or NULL; in *way_back who waits for its end, or NULL. Adds to
 * *dead. */
struct hgc_object *pairs_release(struct hgc_runtime *rt, struct hgc_object *o,
                                 struct hgc_object **way_back, int64_t *dead);

#endif

/* The end of objects; hgc_release is the main entry. */
#ifndef GC_DEATH_H
#define GC_DEATH_H

#include "gc/runtime.h"

/* Takes every reference out of o, a live object of no custom kind, and drops it. */
void death_release_children(struct hgc_object *o, const struct hgc_type *t);

#endif

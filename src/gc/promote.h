/* The young and the middle generation grow older, all of them or none, as they are looked at: most
 * runs find nothing in the way. What is: a suspect; among the young, a reference ahead, that is, to
 * the object itself or a later one of the list. */
#ifndef GC_PROMOTE_H
#define GC_PROMOTE_H

#include "gc/run.h"

/* Generation 0, into the next one of the run. Returns the first that was in the way, or NULL. List
 * 1 has room for them; what it says of those that were taken back is stale. */
const struct hgc_object *promote_young(struct hgc_runtime *rt, struct run *r);

/* Generation 1, into the oldest. Returns which of its list was in the way, or how many that names
 * now: then they stay listed until this has ended, for good or taken back. */
size_t promote_middle(struct hgc_runtime *rt);
void promote_middle_ends(struct hgc_runtime *rt, int for_good);
/* Generation 1 for good, suspects as well. */
void promote_suspects(struct hgc_runtime *rt);

/* --- for who looks for himself --- */

/* All that the list of generation 0 names has been promoted. */
void promote_count_young(struct hgc_runtime *rt, struct run *r);

/* One; generation 1 is listed in `list`. `trust`: FLAG_TRUSTED, or 0 for a suspect. */
static inline __attribute__((always_inline)) void promote_to(struct hgc_object *o, int generation,
                                                             uint8_t trust, struct vector *list) {
    const uint8_t kept = FLAG_TRACKED | FLAG_FINALIZED | FLAG_WEAKREFS | FLAG_NOTED;
    uint8_t flags = o->flags & kept & (uint8_t)~FLAG_NOTED_0;
    if (generation == 1) {
        list->items[list->count] = o;
        list->count += !(flags & flag_noted(1));
        flags |= flag_noted(1);
    }
    object_set(o, generation, flags | trust);
}

/* Some entries ahead. */
static inline void promote_prefetch(struct vector list, size_t i) {
    enum { AHEAD = 8 };
    if (i + AHEAD < list.count)
        __builtin_prefetch(list.items[i + AHEAD]);
}

#endif

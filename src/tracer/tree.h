/* The call tree: one node per distinct call path prefix, from the outermost frame inwards, kept in
 * the arena. A private hash table leads from a path's hash to its site; look-ups take no lock. Only
 * a path that has no site yet is followed node by node, under the lock.
 *
 * When traces are cleared the nodes stay, and sites begin anew with higher numbers: what is left of
 * the older ones, in the block map above all, is told by the number alone.
 *
 * Paths are told apart by 40 and more bits of their hash, besides the table's index: in a program
 * of a million call paths, two are taken for one with a probability below one in a million. */
#ifndef TRACER_TREE_H
#define TRACER_TREE_H

#include <stdint.h>
#include "base/arena.h"
#include "unwind/path.h"

struct thread;

/* The sites that count now: from tree_first on, so many. */
extern uint32_t tree_first __attribute__((visibility("hidden")));
extern uint32_t tree_span __attribute__((visibility("hidden")));
static inline int tree_is_current(uint32_t site) {
    return site - __atomic_load_n(&tree_first, __ATOMIC_RELAXED) <
           __atomic_load_n(&tree_span, __ATOMIC_RELAXED);
}
/* The site of what has no call path. */
static inline uint32_t tree_not_recorded(void) {
    return __atomic_load_n(&tree_first, __ATOMIC_RELAXED);
}

/* How often sites have begun anew from the lowest number or traces were forgotten, modulo 256: with
 * it, a number that is kept elsewhere cannot be taken for a later site's. */
extern uint32_t tree_rounds __attribute__((visibility("hidden")));
static inline uint32_t tree_round(void) {
    return __atomic_load_n(&tree_rounds, __ATOMIC_RELAXED) & 0xff;
}

int tree_init(void);
/* In a forked child: how much of the tree, which is its parent's still, was there at the fork. */
void tree_count(struct arena_header *header);
/* Names the site, in domain 0, of the path that has just been walked in `path`, and whose `end` is
 * given. tree_not_recorded(), and the end stays without, when there is no room (noted) or the
 * lock cannot be had. */
uint32_t tree_site(struct path *path, struct path_end *end, struct thread *t);
/* The site of the same path in another domain, or with a type. In the objects' domain the path ends
 * outside of the library that calls us. */
uint32_t tree_site_in(uint32_t site, uint32_t domain, uint32_t type, struct thread *t);
/* The frames of a site's path from the inside out: `max` at most into `address`, which may be NULL;
 * returns how many were written. *total_nframe, which may be NULL: how many there are. */
int tree_list_frames(uint32_t site, uintptr_t *address, int max, int *total_nframe);

/* What was given out with a round is of an earlier one now; sites stay. */
void tree_forget_traces(void);

/* Clearing, in two steps under the lock; in between nobody may be left who counts at an old site.
 * From the first on, no site counts. The second makes room for new ones. */
void tree_forget_begin(void);
int tree_forget_end(void); /* -1: no memory; no site counts from now on */

#endif

/* The call tree: one node per distinct call path prefix, from the outermost frame inwards, kept in
 * the arena. A private hash table leads from a path's hash to its site; look-ups take no lock. Only
 * a path that has no site yet is followed node by node, under the lock.
 *
 * Paths are told apart by 40 and more bits of their hash, besides the table's index: in a program
 * of a million call paths, two are taken for one with a probability below one in a million. */
#ifndef TRACER_TREE_H
#define TRACER_TREE_H

#include <stdint.h>
#include "base/arena.h"
#include "unwind/path.h"

struct thread;

int tree_init(void);
/* In a forked child: how much of the tree, which is its parent's still, was there at the fork. */
void tree_count(struct arena_header *header);
/* Names the site, in domain 0, of the path that has just been walked in `path`, and whose `end` is
 * given. ARENA_SITE_NOT_RECORDED, and the end stays without, when there is no room (noted) or the
 * lock cannot be had. */
uint32_t tree_site(struct path *path, struct path_end *end, struct thread *t);

#endif

/* The call tree: one node per distinct call path prefix, from the outermost frame inwards, kept in
 * the arena, found through a private hash table. Look-ups take no lock; insertions take it. */
#ifndef TRACER_TREE_H
#define TRACER_TREE_H

#include <stdint.h>
#include "unwind/path.h"

struct thread;

int tree_init(void);
/* The site of a call path in domain 0; enters the nodes of the frames that are not known yet.
 * ARENA_SITE_NOT_RECORDED when there is no room (noted) or the lock cannot be had. */
uint32_t tree_site(struct path *path, struct thread *t);

#endif

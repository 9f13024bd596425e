/* With --enable-check-unwind every walk is compared with one that remembers nothing; a difference
 * aborts the process, which must be a test. Otherwise nothing happens (check_off.c). */
#ifndef UNWIND_CHECK_H
#define UNWIND_CHECK_H

#include "unwind/unwind.h"

void unwind_check(const struct path *p, const struct unwind_start *start,
                  struct unwind_thread *thread);
/* unwind_walk without the check. */
void unwind_walk_unchecked(struct path *p, const struct unwind_start *start,
                           struct unwind_thread *thread);

#endif

/* With --enable-check-unwind every path is compared with one from a walk that remembers nothing,
 * and now and then with libunwind's; a difference aborts the process, which must be a test.
 * Otherwise nothing happens (check_off.c). */
#ifndef UNWIND_CHECK_H
#define UNWIND_CHECK_H

#include "unwind/unwind.h"

/* `end` is what was found for the path that starts at `start`. */
void unwind_check(struct unwind_thread *t, const struct path_end *end,
                  const struct unwind_start *start);

#endif

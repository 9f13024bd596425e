#include "unwind/check.h"

void unwind_check(struct unwind_thread *t, const struct path_end *end,
                  const struct unwind_start *start) {
    (void)t;
    (void)end;
    (void)start;
}

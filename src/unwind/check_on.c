#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "base/text.h"
#include "unwind/check.h"

static void fail(const struct path *p, const struct path *whole) {
    uint32_t i = 0;
    char line[200];
    struct text t;
    while (i < p->depth && i < whole->depth && p->frame[i].ip_module == whole->frame[i].ip_module)
        i++;
    text_init(&t, line, sizeof line);
    text_string(&t, "heapline: unwind check: frame ");
    text_decimal(&t, i);
    text_string(&t, " of the last walk's ");
    text_decimal(&t, p->depth);
    text_string(&t, ", whole walk ");
    text_decimal(&t, whole->depth);
    text_string(&t, "\n");
    sys_call(SYS_write, 2, (long)line, (long)strlen(line), 0, 0, 0);
    abort();
}

void unwind_check(const struct unwind_thread *t, const struct path_end *end,
                  const struct unwind_start *start) {
    static __thread struct unwind_thread *whole __attribute__((tls_model("initial-exec")));
    if (whole == NULL) {
        whole = sys_pages(sizeof *whole);
        if (whole == NULL || unwind_thread_init(whole) != 0)
            return;
    }
    path_forget(&whole->path);
    whole->path.stack_low = t->path.stack_low;
    whole->path.stack_high = t->path.stack_high;
    whole->asked_for_bounds = 1;
    unwind_walk_unchecked(whole, start);
    if (whole->path.end.hash != end->hash)
        fail(&t->path, &whole->path);
}

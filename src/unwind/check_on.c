#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "base/text.h"
#include "unwind/check.h"

static void fail(const struct path *p, const struct path *whole, uint32_t frame) {
    char line[200];
    struct text t;
    text_init(&t, line, sizeof line);
    text_string(&t, "heapline: unwind check: frame ");
    text_decimal(&t, frame);
    text_string(&t, " of ");
    text_decimal(&t, p->count);
    text_string(&t, ", whole walk ");
    text_decimal(&t, whole->count);
    text_string(&t, ", known ");
    text_decimal(&t, p->known);
    text_string(&t, "\n");
    sys_call(SYS_write, 2, (long)line, (long)strlen(line), 0, 0, 0);
    abort();
}

void unwind_check(const struct path *p, const struct unwind_start *start,
                  struct unwind_thread *thread) {
    static __thread struct path whole __attribute__((tls_model("initial-exec")));
    uint32_t i = 0;
    if (whole.capacity == 0 && path_init(&whole) != 0)
        return;
    whole.count = 0;
    unwind_walk_unchecked(&whole, start, thread);
    while (i < p->count && i < whole.count && p->frame[i].ip == whole.frame[i].ip)
        i++;
    if (i < p->count || i < whole.count)
        fail(p, &whole, i);
}

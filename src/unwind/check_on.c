#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "base/text.h"
#include "unwind/check.h"

enum { LIBUNWIND_EVERY = 509 };

static void fail(const char *by, uint32_t depth, uint32_t other_depth) {
    char line[200];
    struct text t;
    text_init(&t, line, sizeof line);
    text_string(&t, "heapline: unwind check: a call path of ");
    text_decimal(&t, depth);
    text_string(&t, " frames, but ");
    text_decimal(&t, other_depth);
    text_string(&t, by);
    sys_call(SYS_write, 2, (long)line, (long)strlen(line), 0, 0, 0);
    abort();
}

static struct unwind_thread *checker_of(struct unwind_thread *t) {
    struct unwind_thread *c = t->checker;
    if (c == NULL) {
        c = sys_pages(sizeof *c);
        if (c == NULL || unwind_thread_init(c) != 0)
            return NULL;
        t->checker = c;
    }
    path_forget(&c->path);
    c->path.stack_low = t->path.stack_low;
    c->path.stack_high = t->path.stack_high;
    c->asked_for_bounds = 1;
    return c;
}

/* Where the two may differ: frames without CFI, and interrupted ones, of which libunwind loses
 * those in the kernel's own object. */
static int may_differ(const struct path *p) {
    for (uint32_t i = 0; i < p->depth; i++)
        if (p->frame[i].guessed || p->frame[i].ip_module & PATH_EXACT)
            return 1;
    return p->truncated != 0;
}

struct comparison {
    const struct path *path;
    uint32_t left; /* frames of the path that libunwind has not come to */
};

static int compare(void *argument, const struct unwind_registers *frame) {
    struct comparison *c = argument;
    if (unwind_is_own(frame->ip))
        return 0;
    while (c->left > 0 && c->path->frame[c->left - 1].own)
        c->left--;
    if (c->left == 0)
        return frame->ip == 0 ? 0 : 1;
    return ARENA_IP_UNPACK(c->path->frame[--c->left].ip_module) != frame->ip;
}

static void check_with_libunwind(struct unwind_thread *checker) {
    struct comparison c = {&checker->path, checker->path.depth};
    int r = unwind_libunwind_visit(checker, compare, &c);
    if (r > 0 || (r == 0 && c.left > 0))
        fail(" by libunwind\n", checker->path.depth, checker->path.depth - c.left);
}

void unwind_check(struct unwind_thread *t, const struct path_end *end,
                  const struct unwind_start *start) {
    static unsigned events;
    struct unwind_thread *checker = checker_of(t);
    if (checker == NULL)
        return;
    unwind_walk(checker, start);
    if (checker->path.end.hash != end->hash)
        fail(" by a whole walk\n", t->path.depth, checker->path.depth);
    if (++events % LIBUNWIND_EVERY == 0 && !may_differ(&checker->path))
        check_with_libunwind(checker);
}

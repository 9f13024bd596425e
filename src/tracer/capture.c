#include "tracer/capture.h"
#include "tracer/store.h"
#include "tracer/tree.h"

uint32_t capture_walk(struct thread *t, const struct unwind_start *start) {
    struct path_end *found;
    const struct path *p = &t->unwind.path;
    memo_note_walk(&t->unwind.memo, t->number);
    found = unwind_walk(&t->unwind, start);
    if (CHECK_UNWIND)
        unwind_check(&t->unwind, found, start);
    if (__builtin_expect(p->guessed != 0, 0))
        __atomic_fetch_add(&store.header->guessed_frames, p->guessed, __ATOMIC_RELAXED);
    if (__builtin_expect(p->truncated, 0))
        store_count(&store.header->truncated_stacks);
    return tree_site(&t->unwind.path, found, t);
}

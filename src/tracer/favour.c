#include <sys/single_threaded.h>

#include "tracer/barrier.h"
#include "tracer/favour.h"

/* What comes before it, in a row, takes some ten times as long as a barrier. */
enum { ROW = 4096 };

struct thread *favourite;
static struct thread *dismissed; /* but may still be inside */
static const struct thread *last;
static uint32_t in_a_row;

int favour_is_due(struct thread *t, int is_open) {
    in_a_row = t == last ? in_a_row + !is_open : 0;
    last = t;
    return in_a_row >= ROW && favourite == NULL && !t->is_orphan && !__libc_single_threaded &&
           barrier_is_ready();
}

void favour_give(struct thread *t) {
    __atomic_store_n(&favourite, t, __ATOMIC_RELEASE);
}

static void dismiss(void) {
    dismissed = favourite;
    __atomic_store_n(&favourite, NULL, __ATOMIC_RELAXED);
    barrier_issue();
    in_a_row = 0;
}

int favour_dismiss(const struct thread *owner) {
    if (favourite != NULL && favourite != owner)
        dismiss();
    if (dismissed != NULL && __atomic_load_n(&dismissed->is_inside, __ATOMIC_ACQUIRE))
        return 0;
    dismissed = NULL;
    return 1;
}

void favour_end(void) {
    favourite = dismissed = NULL;
}

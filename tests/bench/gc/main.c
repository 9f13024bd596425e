/* gc-PEER WORK COUNT [finalizers|weakrefs]
 * Does the work and prints its figure, and the number that says what was done. Exit status 2: this
 * peer has no such work. */
#include <string.h>
#include "work.h"

static const struct work *const subjects[] = {
    object_works, container_works, graph_works, cycle_works, heap_works, queue_works, memory_works};

static work_fn *find(const char *name) {
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        for (const struct work *w = subjects[i]; w->name; w++)
            if (!strcmp(w->name, name))
                return w->run;
    return NULL;
}

static enum kind kind_of(const char *text) {
    return !text ? PLAIN : !strcmp(text, "finalizers") ? FINALIZED : WATCHED;
}

int main(int argc, char **argv) {
    work_fn *work = argc > 2 ? find(argv[1]) : NULL;
    if (!work)
        return 2;
    peer_start();
    struct result r = work(atol(argv[2]), kind_of(argv[3]));
    printf("%.9g %ld\n", r.figure, r.check);
    fflush(stdout);
    _Exit(EXIT_SUCCESS); /* what lives on is none of the work */
}

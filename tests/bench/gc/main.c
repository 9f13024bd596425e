/* gc-PEER WORK COUNT [finalizers|weakrefs|companions]
 * Does the work and prints its figure, and the number that says what was done. Exit status 2: this
 * peer has no such work. */
#include <string.h>
#include <sys/mman.h>
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
    static const char *const names[] = {"plain", "finalizers", "weakrefs", "companions"};
    int kind = ACCOMPANIED;
    while (kind && (!text || strcmp(text, names[kind])))
        kind--;
    return (enum kind)kind;
}

/* A virtual machine may have given free memory back to its host, in pieces of a huge page; who asks
 * for such a piece first then pays for getting it back, which is no peer's cost. */
static void fetch_memory(void) {
    enum { BYTES = 512 << 20, PAGE = 4096 };
    char *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return;
    madvise(memory, BYTES, MADV_HUGEPAGE);
    for (size_t i = 0; i < BYTES; i += PAGE)
        memory[i] = 1;
    munmap(memory, BYTES);
}

int main(int argc, char **argv) {
    work_fn *work = argc > 2 ? find(argv[1]) : NULL;
    if (!work)
        return 2;
    fetch_memory();
    peer_start();
    struct result r = work(atol(argv[2]), kind_of(argv[3]));
    printf("%.9g %ld\n", r.figure, r.check);
    fflush(stdout);
    _Exit(EXIT_SUCCESS); /* what lives on is none of the work */
}

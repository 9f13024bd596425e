#include "run_warm.h"
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "analysis/debug_copy.h"
#include "analysis/symbols.h"
#include "run_arenas.h"

enum { BUDGET_MS = 300, KEPT_MAX = 128 << 20, SERVE_NS = 2000000 };

static size_t resident_bytes(void) {
    size_t pages = 0;
    FILE *statm = fopen("/proc/self/statm", "re");
    if (!statm || fscanf(statm, "%*s %zu", &pages) != 1)
        pages = 0;
    if (statm)
        fclose(statm);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* The image is thrown away. */
static void *warm(void *argument) {
    struct run_warm *w = argument;
    struct image *image = run_arenas_read_live(w->pid, w->session);
    if (image)
        (void)symbols_embed(image, w->files, BUDGET_MS, NULL, NULL, NULL);
    image_free(image);
    w->is_too_much = resident_bytes() + debug_copy_bytes() > KEPT_MAX;
    if (w->is_too_much)
        symbol_cache_fini(w->files);
    return NULL;
}

void run_warm_begin(struct run_warm *w) {
    if (w->is_begun && !pthread_tryjoin_np(w->thread, NULL))
        w->is_begun = 0;
    if (!w->is_begun && !w->is_too_much)
        w->is_begun = !pthread_create(&w->thread, NULL, warm, w);
}

static struct timespec soon(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += SERVE_NS;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

void run_warm_wait(struct run_warm *w) {
    while (w->is_begun) {
        struct timespec limit = soon();
        if (pthread_clockjoin_np(w->thread, NULL, CLOCK_MONOTONIC, &limit) != ETIMEDOUT)
            w->is_begun = 0;
        run_lender_serve(w->lender);
    }
}

#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "progress.h"

enum { FIRST_MS = 1000, AGAIN_MS = 100 };

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void progress_end(struct progress *p) {
    if (p->shown_ms)
        fputs("\r\33[K", stderr);
    *p = (struct progress){0};
}

void progress_show(void *context, size_t done, size_t total) {
    struct progress *p = context;
    if (!total) {
        progress_end(p);
        return;
    }
    uint64_t now = now_ms();
    if (!p->started_ms)
        p->started_ms = now;
    uint64_t due = p->shown_ms ? p->shown_ms + AGAIN_MS : p->started_ms + FIRST_MS;
    if (now < due || !isatty(STDERR_FILENO))
        return;
    p->shown_ms = now;
    fprintf(stderr, "\rheapline: resolving symbols: %zu of %zu addresses", done, total);
    fflush(stderr);
}

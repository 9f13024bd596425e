/* The environment of the traced process, heapline(7). */
#ifndef TRACER_SETTINGS_H
#define TRACER_SETTINGS_H

#include <stdint.h>

struct settings {
    int start;         /* HEAPLINE_START, or preloaded without it */
    int children;      /* HEAPLINE_CHILDREN: follow forked processes */
    uint32_t nframe;   /* HEAPLINE_NFRAME; 0: all */
    uint64_t session;  /* HEAPLINE_SESSION of `heapline run`; 0: none */
    uint32_t only_pid; /* HEAPLINE_PID: with children off, the one process to trace; 0: any */
    int writes;        /* at its end a process without `heapline run` writes a snapshot */
    const char *output, *directory; /* HEAPLINE_OUTPUT, HEAPLINE_DIR; NULL: default */
};

/* 0, or -1 after one line on fd 2 that names the bad variable. */
int settings_read(struct settings *s);

#endif

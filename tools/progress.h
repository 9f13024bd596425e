/* One line on the terminal while symbols take more than a second; nothing where stderr is none. */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

struct progress {
    uint64_t started_ms, shown_ms; /* 0: not yet */
};

/* A symbols_progress; context is a zeroed struct progress. Total 0 is progress_end. */
void progress_show(void *context, size_t done, size_t total);
/* Removes the line. */
void progress_end(struct progress *progress);

#endif

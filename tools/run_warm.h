/* Looks for the symbols of the main process while that still runs, in a thread: inflating and
 * indexing debug information takes longest, and what has been read stays in the cache of files. At
 * the end only the call paths are left that are new since. What is too large is not kept meanwhile.
 *
 * The caller owns the struct, zeroed but for the settings at first. All calls from one thread;
 * whoever uses the cache waits first. */
#ifndef TOOLS_RUN_WARM_H
#define TOOLS_RUN_WARM_H

#include <pthread.h>
#include <stdint.h>
#include "analysis/symbol_cache.h"
#include "run_lender.h"

struct run_warm {
    /* settings */
    uint32_t pid;
    uint64_t session;
    struct symbol_cache *files;
    struct run_lender *lender; /* is served by who waits */
    /* inner */
    pthread_t thread;
    int is_begun;
    int is_too_much; /* the program may need the memory: nothing has been kept */
};

/* Begins with what is known of the process by now, unless the last time is not over yet. */
void run_warm_begin(struct run_warm *w);
/* Returns once nobody uses the cache. */
void run_warm_wait(struct run_warm *w);

#endif

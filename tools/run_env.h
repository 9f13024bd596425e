/* The environment of the traced program. No state. */
#ifndef TOOLS_RUN_ENV_H
#define TOOLS_RUN_ENV_H

#include <stdint.h>
#include "base/pool.h"

struct run_env {
    const char *library; /* for LD_PRELOAD, before what is there already */
    uint64_t session;
    long nframe; /* -1: not given */
    int children;
};

/* This process' environment with the tracer's variables set, in memory of the pool; what it shares
 * with this process' environment is borrowed. Out of memory aborts. */
char **run_env_new(const struct run_env *settings, struct pool *pool);
/* Without children only the process that has made this call is traced, and what it becomes. */
void run_env_set_pid(char **env);

#endif

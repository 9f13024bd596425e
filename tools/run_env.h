/* The environment of the traced program. */
#ifndef TOOLS_RUN_ENV_H
#define TOOLS_RUN_ENV_H

#include <stdint.h>

struct run_env {
    const char *library; /* for LD_PRELOAD, before what is there already */
    uint64_t session;
    long nframe; /* -1: not given */
    int children;
};

/* This process' environment with the tracer's variables set. malloc'd and never freed; out of
 * memory aborts. */
char **run_env_new(const struct run_env *settings);

#endif

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "run_env.h"

/* Sets `name` to a formatted value in `env`, which has room for one more. */
static void __attribute__((format(printf, 3, 4)))
set(char **env, const char *name, const char *format, ...) {
    char *value, *entry;
    va_list args;
    va_start(args, format);
    if (vasprintf(&value, format, args) < 0 || asprintf(&entry, "%s=%s", name, value) < 0)
        abort();
    va_end(args);
    free(value);
    size_t length = strlen(name) + 1, i = 0;
    while (env[i] && strncmp(env[i], entry, length))
        i++;
    env[i] = entry;
}

static char **copy_environment(size_t more) {
    size_t count = 0;
    while (environ[count])
        count++;
    char **env = calloc(count + more + 1, sizeof *env);
    if (!env)
        abort();
    memcpy(env, environ, count * sizeof *env);
    return env;
}

char **run_env_new(const struct run_env *settings) {
    char **env = copy_environment(5);
    const char *preload = getenv("LD_PRELOAD");
    if (preload && *preload)
        set(env, "LD_PRELOAD", "%s:%s", settings->library, preload);
    else
        set(env, "LD_PRELOAD", "%s", settings->library);
    set(env, "HEAPLINE_SESSION", "%016llx", (unsigned long long)settings->session);
    set(env, "HEAPLINE_START", "1");
    set(env, "HEAPLINE_CHILDREN", "%d", settings->children);
    if (settings->nframe >= 0)
        set(env, "HEAPLINE_NFRAME", "%ld", settings->nframe);
    return env;
}

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/absolute.h"
#include "run_env.h"

struct environment {
    struct pool *pool;
    char **entries; /* with room for those that are added */
};

static char *join(struct pool *pool, const char *a, const char *b, const char *c) {
    size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
    char *text = pool_alloc(pool, size);
    if (!text)
        abort();
    snprintf(text, size, "%s%s%s", a, b, c);
    return text;
}

static void set(struct environment *env, const char *name, const char *value) {
    char *entry = join(env->pool, name, "=", value);
    size_t length = strlen(name) + 1, i = 0;
    while (env->entries[i] && strncmp(env->entries[i], entry, length) != 0)
        i++;
    env->entries[i] = entry;
}

static void unset(struct environment *env, const char *name) {
    size_t length = strlen(name);
    char **to = env->entries;
    for (char **from = to; *from; from++)
        if (strncmp(*from, name, length) != 0 || (*from)[length] != '=')
            *to++ = *from;
    *to = NULL;
}

static char **copy_environment(struct pool *pool, size_t more) {
    size_t count = 0;
    while (environ[count])
        count++;
    char **entries = pool_array(pool, count + more + 1, sizeof *entries);
    if (!entries)
        abort();
    memcpy(entries, environ, count * sizeof *entries);
    return entries;
}

static const char *preload_list(const struct run_env *settings, struct pool *pool) {
    const char *others = getenv("LD_PRELOAD");
    return others && *others ? join(pool, settings->library, ":", others) : settings->library;
}

/* What a child that is not followed executes finds HEAPLINE_PID of another process. */
static const char pid_name[] = "HEAPLINE_PID";
static const char pid_space[] = "0000000000";

/* For those that begin in another directory, too. */
static void set_directory(struct environment *env) {
    const char *given = getenv("HEAPLINE_DIR");
    char full[PATH_MAX];
    if (given && *given)
        set(env, "HEAPLINE_DIR", absolute_path(given, full, sizeof full));
}

char **run_env_new(const struct run_env *settings, struct pool *pool) {
    struct environment env = {pool, copy_environment(pool, 6)};
    char number[32];
    set(&env, "LD_PRELOAD", preload_list(settings, pool));
    set_directory(&env);
    set(&env, "HEAPLINE_START", "1");
    set(&env, "HEAPLINE_CHILDREN", settings->children ? "1" : "0");
    snprintf(number, sizeof number, "%016llx", (unsigned long long)settings->session);
    set(&env, "HEAPLINE_SESSION", number);
    snprintf(number, sizeof number, "%ld", settings->nframe);
    if (settings->nframe >= 0)
        set(&env, "HEAPLINE_NFRAME", number);
    unset(&env, "HEAPLINE_OUTPUT");
    unset(&env, pid_name);
    if (!settings->children)
        set(&env, pid_name, pid_space);
    return env.entries;
}

void run_env_set_pid(char **env) {
    size_t length = sizeof pid_name - 1;
    for (; *env; env++)
        if (!strncmp(*env, pid_name, length) && (*env)[length] == '=')
            snprintf(*env + length + 1, sizeof pid_space, "%d", (int)getpid());
}

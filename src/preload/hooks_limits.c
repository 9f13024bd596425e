/* A program that limits its own address space counts on what it uses itself: the tracer gives back
 * what it has only reserved. */
#include <errno.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/sys.h"
#include "preload/hook.h"

/* As long as the next one is not known, the system call is made here. */
static int next_limit(pid_t pid, int resource, const struct rlimit *set, struct rlimit *old) {
    long r;
    if (real.prlimit != NULL)
        return real.prlimit(pid, resource, set, old);
    r = sys_call(SYS_prlimit64, pid, resource, (long)set, (long)old, 0, 0);
    if (!sys_failed(r))
        return 0;
    errno = (int)-r;
    return -1;
}

static int limited(int result, int resource, const struct rlimit *set) {
    if (result == 0 && resource == RLIMIT_AS && set != NULL && set->rlim_cur != RLIM_INFINITY)
        session_limit_space(set->rlim_cur);
    return result;
}

static int limit(pid_t pid, int resource, const struct rlimit *set, struct rlimit *old) {
    int result = next_limit(pid, resource, set, old);
    return pid == 0 ? limited(result, resource, set) : result;
}

static int limit_own(int resource, const struct rlimit *set) {
    if (real.setrlimit == NULL)
        return limit(0, resource, set, NULL);
    return limited(real.setrlimit(resource, set), resource, set);
}

HOOK int setrlimit(__rlimit_resource_t resource, const struct rlimit *set) {
    return limit_own((int)resource, set);
}

HOOK int prlimit(pid_t pid, enum __rlimit_resource resource, const struct rlimit *set,
                 struct rlimit *old) {
    return limit(pid, (int)resource, set, old);
}

/* The same functions: rlim_t has 64 bits here. */
HOOK int setrlimit64(__rlimit_resource_t resource, const struct rlimit64 *set) {
    return limit_own((int)resource, (const struct rlimit *)set);
}

HOOK int prlimit64(pid_t pid, enum __rlimit_resource resource, const struct rlimit64 *set,
                   struct rlimit64 *old) {
    return limit(pid, (int)resource, (const struct rlimit *)set, (struct rlimit *)old);
}

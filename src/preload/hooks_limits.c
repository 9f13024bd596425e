/* A program that limits its own address space counts on what it uses itself: the tracer gives back
 * what it has only reserved. */
#include <errno.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/sys.h"
#include "preload/hook.h"

static int limit(pid_t pid, int resource, const struct rlimit *set, struct rlimit *old) {
    long r;
    if (pid == 0 && resource == RLIMIT_AS && set != NULL && set->rlim_cur != RLIM_INFINITY)
        session_limit_space(set->rlim_cur);
    r = sys_call(SYS_prlimit64, pid, resource, (long)set, (long)old, 0, 0);
    if (!sys_failed(r))
        return 0;
    errno = (int)-r;
    return -1;
}

HOOK int setrlimit(__rlimit_resource_t resource, const struct rlimit *set) {
    return limit(0, (int)resource, set, NULL);
}

HOOK int prlimit(pid_t pid, enum __rlimit_resource resource, const struct rlimit *set,
                 struct rlimit *old) {
    return limit(pid, (int)resource, set, old);
}

/* The same functions: rlim_t has 64 bits here. */
HOOK int setrlimit64(__rlimit_resource_t resource, const struct rlimit64 *set) {
    return limit(0, (int)resource, (const struct rlimit *)set, NULL);
}

HOOK int prlimit64(pid_t pid, enum __rlimit_resource resource, const struct rlimit64 *set,
                   struct rlimit64 *old) {
    return limit(pid, (int)resource, (const struct rlimit *)set, (struct rlimit *)old);
}

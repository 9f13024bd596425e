/* A program that restricts its own system calls may be killed by ours: the tracer takes what memory
 * it may need beforehand and makes no system call afterwards.
 *
 * Allocators call these functions while they initialise themselves, under locks of their own: the
 * hooks neither start the session nor look anything up. Until others have found the next ones, they
 * make the system call themselves. */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "base/sys.h"
#include "preload/hook.h"

/* prctl takes up to four more arguments: where they are not given, whatever the registers hold. */
HOOK int prctl(int option, ...) {
    va_list list;
    va_start(list, option);
    long a = va_arg(list, long), b = va_arg(list, long);
    long c = va_arg(list, long), d = va_arg(list, long);
    va_end(list);
    if (option == PR_SET_SECCOMP)
        session_freeze();
    if (real.prctl != NULL)
        return real.prctl(option, a, b, c, d);
    long r = sys_call(SYS_prctl, option, a, b, c, d, 0);
    if (!sys_failed(r))
        return (int)r;
    errno = (int)-r;
    return -1;
}

__attribute__((used)) static void before_seccomp(void) {
    session_freeze();
}

__attribute__((used)) static long fail_syscall(long result) {
    errno = (int)-result;
    return -1;
}

#include "arch_syscall.h"

/* System calls as ThreadSanitizer is to see them, in builds with it alone: memory that comes from
 * the kernel has no past. Where the C library is asked, the sanitizer listens. */
#include <errno.h>

#include "base/sys.h"

static long result_of(long result) {
    return result == -1 ? -errno : result;
}

static long map(long at, long size, long protection, long flags, long fd, long offset) {
    return result_of(
        (long)mmap((void *)at, (size_t)size, (int)protection, (int)flags, (int)fd, offset));
}

long sys_call(long number, long a, long b, long c, long d, long e, long f) {
    int saved = errno;
    long result;
    if (number == SYS_mmap)
        result = map(a, b, c, d, e, f);
    else if (number == SYS_munmap)
        result = result_of(munmap((void *)a, (size_t)b));
    else
        result = arch_call(number, a, b, c, d, e, f);
    errno = saved;
    return result;
}

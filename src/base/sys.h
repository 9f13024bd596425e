/* System calls that leave errno alone: results are the kernel's, -errno on failure.
 * For code inside the traced process, whose errno is not ours to touch. Async-signal-safe. */
#ifndef BASE_SYS_H
#define BASE_SYS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "arch.h"

/* The analyzer does not see what the kernel writes through an argument, nor ThreadSanitizer what
 * memory it gives and takes: sys_watched.c tells that. */
#if defined(__clang_analyzer__) || defined(__SANITIZE_THREAD__)
long sys_call(long number, long a, long b, long c, long d, long e, long f);
#else
static inline long sys_call(long number, long a, long b, long c, long d, long e, long f) {
    return arch_call(number, a, b, c, d, e, f);
}
#endif

static inline int sys_failed(long result) {
    return (unsigned long)result >= (unsigned long)-4095L;
}

/* NULL on failure. */
static inline void *sys_mmap(void *at, size_t size, int protection, int flags, int fd,
                             long offset) {
    long r = sys_call(SYS_mmap, (long)at, (long)size, protection, flags, fd, offset);
    return sys_failed(r) ? NULL : (void *)(uintptr_t)r;
}

/* Private zeroed memory, NULL on failure. */
static inline void *sys_pages(size_t size) {
    return sys_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static inline long sys_munmap(void *at, size_t size) {
    return sys_call(SYS_munmap, (long)at, (long)size, 0, 0, 0, 0);
}

static inline long sys_mprotect(void *at, size_t size, int protection) {
    return sys_call(SYS_mprotect, (long)at, (long)size, protection, 0, 0, 0);
}

static inline long sys_madvise(void *at, size_t size, int advice) {
    return sys_call(SYS_madvise, (long)at, (long)size, advice, 0, 0, 0);
}

static inline long sys_openat(int dir, const char *path, int flags, int mode) {
    return sys_call(SYS_openat, dir, (long)path, flags, mode, 0, 0);
}

static inline long sys_close(int fd) {
    return sys_call(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* For names that nobody else has; no secret where the kernel has no randomness yet. */
static inline uint64_t sys_random(void) {
    enum { GRND_NONBLOCK_FLAG = 1 };
    uint64_t random = 0;
    if (sys_failed(
            sys_call(SYS_getrandom, (long)&random, sizeof random, GRND_NONBLOCK_FLAG, 0, 0, 0)))
        random = (uint64_t)(uintptr_t)&random ^ arch_ticks();
    return random;
}

/* 1 if a word can be read there. The kernel reads the signal set before it refuses the operation:
 * nothing changes. */
static inline int sys_is_readable(const void *at) {
    enum { NO_OPERATION = -1, EFAULT_RESULT = -14 };
    return at != NULL && /* which would be no set */
           sys_call(SYS_rt_sigprocmask, NO_OPERATION, (long)at, 0, 8, 0, 0) != EFAULT_RESULT;
}

/* A soft limit of this process (RLIMIT_...); UINT64_MAX: none. */
static inline uint64_t sys_limit(int resource) {
    struct rlimit limit;
    if (sys_failed(sys_call(SYS_prlimit64, 0, resource, 0, (long)&limit, 0, 0)))
        return UINT64_MAX;
    return limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
}

static inline long sys_getpid(void) {
    return sys_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

#endif

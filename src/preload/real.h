/* What the program would have without us: every call that we stand in front of goes on to it. */
#ifndef PRELOAD_REAL_H
#define PRELOAD_REAL_H

#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/* One row per function: name, result, parameters. The members of `real` and their look-up are made
 * from it. Those that may be missing come last. */
#define REAL_FUNCTIONS(X)                                                 \
    X(malloc, void *, (size_t))                                           \
    X(calloc, void *, (size_t, size_t))                                   \
    X(realloc, void *, (void *, size_t))                                  \
    X(free, void, (void *))                                               \
    X(posix_memalign, int, (void **, size_t, size_t))                     \
    X(aligned_alloc, void *, (size_t, size_t))                            \
    X(memalign, void *, (size_t, size_t))                                 \
    X(valloc, void *, (size_t))                                           \
    X(pvalloc, void *, (size_t))                                          \
    X(malloc_usable_size, size_t, (void *))                               \
    X(execve, int, (const char *, char *const *, char *const *))          \
    X(execvpe, int, (const char *, char *const *, char *const *))         \
    X(fexecve, int, (int, char *const *, char *const *))                  \
    X(posix_spawn, int, REAL_SPAWN)                                       \
    X(posix_spawnp, int, REAL_SPAWN)                                      \
    X(setrlimit, int, (int, const struct rlimit *))                       \
    X(prlimit, int, (pid_t, int, const struct rlimit *, struct rlimit *)) \
    X(prctl, int, (int, long, long, long, long))                          \
    X(syscall, long, (long, ...))                                         \
    X(free_sized, void, (void *, size_t))                                 \
    X(free_aligned_sized, void, (void *, size_t, size_t))
enum { REAL_UNCERTAIN = 2 };
#define REAL_SPAWN                                                                         \
    (pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *, \
     char *const *, char *const *)

struct real {
#define REAL_MEMBER(name, result, parameters) result(*name) parameters;
    REAL_FUNCTIONS(REAL_MEMBER)
#undef REAL_MEMBER
};
extern struct real real __attribute__((visibility("hidden")));   /* reached without relocation */
extern void *real_syscall __attribute__((visibility("hidden"))); /* the same as real.syscall */

/* Finds them all. Before it, malloc, calloc, realloc, free and memalign are the C library's own. */
void real_init(void);
/* Calls visit for each of them, with the address that was found. */
typedef void real_visitor(const char *name, uint64_t address);
void real_each(real_visitor *visit);
/* How closely this allocator's blocks may lie, as blockmap_init wants it. */
unsigned real_lanes(void);
#endif

/* The exec family and posix_spawn. A program that cannot load us gets an LD_PRELOAD without us;
 * everything else passes through unchanged. Called in vfork children too: what is rewritten lies on
 * the stack. */
#include <alloca.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include "preload/hook.h"
#include "preload/target.h"

enum { STACK_MAX = 256 << 10 };

/* The environment that the target gets: `envp`, or a copy without us in the caller's frame. */
#define ENVIRONMENT(can_load_us, envp)                          \
    ((can_load_us) || target_environment_size(envp) > STACK_MAX \
         ? (envp)                                               \
         : target_environment_without_us(envp, alloca(target_environment_size(envp))))

static void begin_exec(void) {
    hook_start();
    session_before_exec();
}

HOOK int execve(const char *path, char *const argv[], char *const envp[]) {
    int r;
    begin_exec();
    r = real.execve(path, argv, ENVIRONMENT(target_can_load_us(path, envp), envp));
    session_exec_failed();
    return r;
}

HOOK int execv(const char *path, char *const argv[]) {
    return execve(path, argv, environ);
}

HOOK int fexecve(int fd, char *const argv[], char *const envp[]) {
    int r;
    begin_exec();
    r = real.fexecve(fd, argv, ENVIRONMENT(target_fd_can_load_us(fd, envp), envp));
    session_exec_failed();
    return r;
}

HOOK int execvpe(const char *file, char *const argv[], char *const envp[]) {
    int r;
    begin_exec();
    r = real.execvpe(file, argv, ENVIRONMENT(target_found_can_load_us(file, envp), envp));
    session_exec_failed();
    return r;
}

HOOK int execvp(const char *file, char *const argv[]) {
    return execvpe(file, argv, environ);
}

/* The words of a variadic call, the NULL included, as an array in the caller's frame. */
#define COLLECT(argv, first, list)              \
    size_t argv##_count = 2;                    \
    char **argv;                                \
    va_start(list, first);                      \
    while (va_arg(list, char *) != NULL)        \
        argv##_count++;                         \
    va_end(list);                               \
    argv = alloca(argv##_count * sizeof *argv); \
    va_start(list, first);                      \
    argv[0] = (char *)(unsigned long)(first);   \
    for (size_t i = 1; i < argv##_count; i++)   \
    argv[i] = va_arg(list, char *)

HOOK int execl(const char *path, const char *first, ...) {
    va_list list;
    COLLECT(argv, first, list);
    va_end(list);
    return execve(path, argv, environ);
}

HOOK int execlp(const char *file, const char *first, ...) {
    va_list list;
    COLLECT(argv, first, list);
    va_end(list);
    return execvpe(file, argv, environ);
}

HOOK int execle(const char *path, const char *first, ...) {
    va_list list;
    char *const *envp;
    COLLECT(argv, first, list);
    envp = va_arg(list, char *const *);
    va_end(list);
    return execve(path, argv, envp);
}

HOOK int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                     const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]) {
    hook_start();
    return real.posix_spawn(pid, path, actions, attributes, argv,
                            ENVIRONMENT(target_can_load_us(path, envp), envp));
}

HOOK int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                      const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]) {
    hook_start();
    return real.posix_spawnp(pid, file, actions, attributes, argv,
                             ENVIRONMENT(target_found_can_load_us(file, envp), envp));
}

// measure FILE [NAME=VALUE]... COMMAND ARG...
// Runs COMMAND, with that added to its environment but not to this one's, and writes "WALL CPU RSS"
// into FILE: seconds until it and all its descendants ended, their user + system seconds, and the
// largest peak RSS among them in KiB. Exits as COMMAND did. A process of its own because a child's
// peak RSS begins with that of the process that forked it: this one is small. It adopts orphans, so
// that background helpers are counted too.
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds(struct timeval time) {
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

// Reaps everything there is; the exit status of `main_pid`, as a shell would tell it.
static int wait_for_all(pid_t main_pid) {
    int status = 0;
    for (;;) {
        int one;
        pid_t pid = wait(&one);
        if (pid == main_pid)
            status = WIFEXITED(one) ? WEXITSTATUS(one) : 128 + WTERMSIG(one);
        else if (pid < 0 && errno != EINTR)
            return status;
    }
}

int main(int argc, char **argv) {
    char **command = argv + 2;
    while (argc > 2 && *command && strchr(*command, '='))
        putenv(*command++);
    if (argc < 3 || !*command)
        return 2;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t pid;
    double begin = seconds_now();
    if (posix_spawnp(&pid, *command, NULL, NULL, command, environ) != 0)
        return 127;
    int status = wait_for_all(pid);
    double wall = seconds_now() - begin;
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    FILE *file = fopen(argv[1], "w");
    if (!file)
        return 125;
    fprintf(file, "%.6f %.6f %ld\n", wall, seconds(usage.ru_utime) + seconds(usage.ru_stime),
            usage.ru_maxrss);
    return fclose(file) == 0 ? status : 125;
}

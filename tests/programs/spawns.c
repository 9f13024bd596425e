/* Starts itself by vfork, posix_spawn and system; a vfork child allocates in its parent's heap. */
#define _GNU_SOURCE
#include "truth.h"

#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static void *by_vfork_child;

static void await(pid_t pid, int expected) {
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != expected)
        abort();
}

static APART void vfork_and_exec(char *self) {
    pid_t pid = vfork();
    if (pid == 0) {
        by_vfork_child = MALLOC(321);
        execl("/nonexistent/program", "program", (char *)NULL);
        execl(self, self, "11", (char *)NULL);
        _exit(1);
    }
    await(pid, 11);
}

static APART void vfork_and_exit(void) {
    pid_t pid = vfork();
    if (pid == 0) {
        (void)MALLOC(123);
        _exit(3);
    }
    await(pid, 3);
}

static void spawn(char *self) {
    char *const words[] = {self, "12", NULL};
    pid_t pid;
    if (posix_spawn(&pid, self, NULL, NULL, words, environ) != 0)
        abort();
    await(pid, 12);
    char *const missing[] = {"program", NULL};
    if (posix_spawn(&pid, "/nonexistent/program", NULL, NULL, missing, environ) == 0)
        abort();
}

int main(int argc, char **argv) {
    (void)MALLOC(50);
    truth_unknown = TRUTH_NO_PEAK;
    if (argc > 1) {
        (void)MALLOC((size_t)atoi(argv[1]));
        truth_print();
        return atoi(argv[1]);
    }
    char self[4096];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size < 0)
        abort();
    self[size] = 0;
    for (int i = 0; i < 3; i++) {
        vfork_and_exec(self);
        FREE(by_vfork_child);
        vfork_and_exit();
    }
    spawn(self);
    if (system("exit 13") != 13 << 8)
        abort();
    (void)MALLOC(60);
    truth_print();
    return 0;
}

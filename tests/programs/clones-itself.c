/* A child made by the bare clone system call, which no fork handler hears of: what it frees and
 * allocates is its own, and its parent's account is untouched. */
#define _GNU_SOURCE
#include "truth.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *inherited[100];

static APART void child(void) {
    truth_restart();
    truth_pid = (pid_t)syscall(SYS_getpid);
    for (int i = 0; i < 50; i++)
        free(inherited[i]);
    for (size_t i = 0; i < 30; i++) {
        void *block = MALLOC(i + 1);
        if (i % 3)
            FREE(block);
    }
    truth_print();
    _exit(0);
}

int main(void) {
    for (size_t i = 0; i < 100; i++)
        inherited[i] = MALLOC(i);
    for (int i = 0; i < 3; i++) {
        int status;
        pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
        if (pid == 0)
            child();
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
            abort();
        (void)CALLOC(2, 8);
    }
    truth_print();
    return 0;
}

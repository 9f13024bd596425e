/* Changes its root to the empty directory argv[1], where there is neither /proc nor /dev/shm, and
 * then allocates, forks and tries to start a program that is not there. */
#define _GNU_SOURCE
#include "truth.h"

#include <sys/wait.h>
#include <unistd.h>

static APART void *climb(unsigned path) {
    void *below = path > 1 ? (path % 2 ? climb(path / 2) : climb(path / 2 - 1)) : NULL;
    FREE(below);
    return MALLOC(path % 3000);
}

int main(int argc, char **argv) {
    if (argc != 2 || chroot(argv[1]) != 0 || chdir("/") != 0)
        return 77;
    for (unsigned i = 0; i < 20000; i += 7)
        (void)climb(i);
    pid_t pid = fork();
    if (pid == 0) {
        (void)CALLOC(3, 5);
        truth_print();
        execl("/program", "program", (char *)NULL);
        _exit(0);
    }
    int status;
    if (waitpid(pid, &status, 0) != pid || status != 0)
        return 1;
    (void)CALLOC(5, 5);
    truth_print();
    return 3;
}

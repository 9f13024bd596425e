/* Forks twice, leaves its session and its standard streams, allocates, writes its account to the
 * file argv[1], then waits to be let go by the FIFO argv[2]. The first process ends when the daemon
 * has allocated: whoever looks for it then can find it. */
#include "truth.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int ready[2];

static void serve(const char *account, const char *fifo) {
    char letter, temporary[4096];
    for (size_t i = 0; i < 1000; i++)
        (void)MALLOC(i);
    if (write(ready[1], "", 1) != 1)
        _exit(1);
    snprintf(temporary, sizeof temporary, "%s.new", account);
    dup2(open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
    truth_print();
    rename(temporary, account);
    int gate = open(fifo, O_RDONLY);
    while (read(gate, &letter, 1) > 0)
        (void)MALLOC(9);
    dup2(open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
    truth_print();
    rename(temporary, account);
    _exit(0);
}

int main(int argc, char **argv) {
    if (argc != 3 || pipe(ready) != 0)
        return 64;
    (void)MALLOC(77);
    pid_t pid = fork();
    if (pid > 0) {
        char byte;
        int status;
        waitpid(pid, &status, 0);
        if (read(ready[0], &byte, 1) != 1)
            return 1;
        puts("started");
        return 0;
    }
    setsid();
    if (fork() != 0)
        _exit(0);
    for (int fd = 0; fd < 3; fd++) {
        close(fd);
        open("/dev/null", O_RDWR);
    }
    serve(argv[1], argv[2]);
}

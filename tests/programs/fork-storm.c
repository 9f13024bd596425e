/* A hundred children, in tens, each allocating a number of blocks of its own; grandchildren too. */
#include "truth.h"

#include <sys/wait.h>
#include <unistd.h>

enum { BATCHES = 10, WIDTH = 10 };

static APART void allocate(size_t count) {
    for (size_t i = 0; i < count; i++)
        (void)MALLOC(i);
}

static void await(pid_t pid) {
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        abort();
}

static void child(size_t number) {
    allocate(number);
    if (number % 10 == 3) {
        pid_t pid = fork();
        if (pid > 0)
            await(pid);
        else
            allocate(1000);
    }
    if (number % 10 == 3 || number % 10 == 7)
        truth_print();
    _exit(0);
}

int main(void) {
    allocate(500);
    for (size_t batch = 0; batch < BATCHES; batch++) {
        pid_t pids[WIDTH];
        for (size_t i = 0; i < WIDTH; i++) {
            pids[i] = fork();
            if (pids[i] == 0)
                child(batch * WIDTH + i);
        }
        for (int i = 0; i < WIDTH; i++)
            await(pids[i]);
    }
    truth_print();
    return 0;
}

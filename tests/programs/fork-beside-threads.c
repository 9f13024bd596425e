/* Forks without exec while four other threads allocate. Half of the forks are between allocations,
 * and the child's account is its parent's and goes on; the others come at any moment, and the child
 * knows only what it did itself. */
#include "truth.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, FORKS = 6 };

static atomic_int stop;

static APART void *churn(void *unused) {
    void *ring[32] = {NULL};
    (void)unused;
    for (size_t i = 0; !stop; i++) {
        FREE(ring[i % 32]);
        ring[i % 32] = MALLOC(i % 2000);
    }
    for (int i = 0; i < 32; i++)
        FREE(ring[i]);
    return NULL;
}

static APART void child(int number) {
    void *block = NULL;
    for (size_t i = 0; i < 100; i++) {
        block = MALLOC(i + (size_t)number);
        if (i % 3)
            FREE(block);
    }
    for (int i = 0; i < 5; i++)
        (void)CALLOC(7, 11);
    truth_print();
    _exit(number);
}

static void fork_once(int number) {
    int between = number % 2, status;
    if (between)
        truth_hold();
    pid_t pid = fork();
    if (pid == 0 && !between)
        truth_restart();
    if (between)
        truth_let_go();
    if (pid == 0)
        child(number);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != number)
        abort();
}

int main(void) {
    pthread_t threads[THREADS];
    truth_serial = 1;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, churn, NULL);
    truth_unknown = TRUTH_NO_PEAK;
    for (int i = 0; i < FORKS; i++)
        fork_once(i);
    stop = 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    truth_print();
    return 0;
}

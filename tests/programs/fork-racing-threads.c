/* As fork-beside-threads, but call and account are apart: forks hit threads inside malloc. */
#include "truth.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 3, FORKS = 30 };

static atomic_int stop;

static APART void *churn(void *argument) {
    size_t number = (size_t)(uintptr_t)argument;
    while (!stop) {
        void *blocks[8];
        for (size_t i = 0; i < 8; i++)
            blocks[i] = malloc(i * 40 + number);
        for (int i = 0; i < 8; i++)
            free(blocks[i]);
    }
    return NULL;
}

static APART void child(void) {
    for (size_t i = 0; i < 50; i++) {
        void *block = MALLOC(i * 3);
        if (i % 2)
            FREE(block);
    }
    truth_print();
    _exit(0);
}

int main(void) {
    pthread_t threads[THREADS];
    truth_unknown = TRUTH_NO_PEAK | TRUTH_NO_OTHERS;
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, churn, (void *)(i + 1));
    for (int i = 0; i < FORKS; i++) {
        int status;
        pid_t pid = fork();
        if (pid == 0)
            child();
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
            abort();
    }
    stop = 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}

/* _Fork, which runs no fork handlers, in a process whose other threads allocate all the time. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, CHILDREN = 100, SECONDS = 60 };

static volatile int stop;

static void *churn(void *unused) {
    while (!stop)
        free(malloc(100));
    return unused;
}

static int child_fails(void *block) {
    int status;
    pid_t child = _Fork();
    if (child == 0) {
        alarm(SECONDS);
        free(block);
        _exit(0);
    }
    waitpid(child, &status, 0);
    return status != 0;
}

int main(void) {
    pthread_t thread[THREADS];
    void *block = malloc(5000);
    int failed = 0;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&thread[i], NULL, churn, NULL);
    for (int i = 0; i < CHILDREN; i++)
        failed += child_fails(block);
    stop = 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    free(block);
    printf("%d children failed\n", failed);
    return failed != 0;
}

/* Threads that a signal handler ends wherever they are, in the middle of an event too; then the
 * others must get on. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { KILLED = 1000, AFTERWARDS = 100 };

static void end_thread(int signal_number) {
    (void)signal_number;
    pthread_exit(NULL);
}

static void *churn(void *unused) {
    for (;;)
        free(malloc(100));
    return unused;
}

int main(void) {
    pthread_t other, killed;
    signal(SIGUSR1, end_thread);
    pthread_create(&other, NULL, churn, NULL);
    for (int i = 0; i < KILLED; i++) {
        pthread_create(&killed, NULL, churn, NULL);
        usleep((useconds_t)(300 + i % 50));
        pthread_kill(killed, SIGUSR1);
        pthread_join(killed, NULL);
    }
    for (int i = 0; i < AFTERWARDS; i++)
        free(malloc(100000));
    puts("done");
    fflush(stdout);
    _exit(0);
}

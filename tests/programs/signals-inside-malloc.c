/* Linked with signal-safe-allocator: a timer's handler allocates and frees at any moment, inside
 * malloc and free as well. Prints how many allocations there were, in and out of handlers. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

enum { SIGNALS = 400 };

static volatile sig_atomic_t signals;
static unsigned long by_handler, by_main;
static void *kept_by_handler[SIGNALS * 2];

static __attribute__((noinline)) void *take(size_t size) {
    return malloc(size);
}

static void handle(int signal) {
    (void)signal;
    if (signals >= SIGNALS)
        return;
    void *block = take(50);
    kept_by_handler[by_handler++] = malloc(60);
    free(block);
    by_handler++;
    signals++;
}

int main(void) {
    const struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    while (signals < SIGNALS) {
        void *block = malloc(10);
        void *other = take(20);
        free(block);
        free(other);
        by_main += 2;
    }
    setitimer(ITIMER_REAL, &never, NULL);
    printf("{\"truth\":\"calls\",\"pid\":%d,\"file\":\"%s\",\"allocations\":%lu,\"live\":%d}\n",
           (int)getpid(), __FILE__, by_handler + by_main, SIGNALS);
    return 0;
}

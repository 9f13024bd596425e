/* Linked with signal-safe-allocator: a timer's handler allocates and jumps out of whatever was
 * interrupted, malloc and free included. What is allocated afterwards must still be recorded. */
#include "truth.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>

enum { SIGNALS = 200 };

static volatile sig_atomic_t signals;
static sigjmp_buf base;

static void handle(int signal) {
    (void)signal;
    if (signals++ < SIGNALS) {
        free(malloc(40));
        siglongjmp(base, 1);
    }
}

static APART void churn(int depth) {
    void *block = malloc(10);
    if (depth > 0)
        churn(depth - 1);
    free(block);
}

int main(void) {
    const struct itimerval often = {{0, 300}, {0, 300}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = handle};
    sigaction(SIGALRM, &action, NULL);
    if (sigsetjmp(base, 1) == 0)
        setitimer(ITIMER_REAL, &often, NULL);
    while (signals < SIGNALS)
        churn(20);
    setitimer(ITIMER_REAL, &never, NULL);
    truth_unknown = TRUTH_NO_PEAK | TRUTH_NO_OTHERS;
    for (size_t i = 0; i < 1000; i++) {
        void *block = MALLOC(i);
        if (i % 2)
            FREE(block);
    }
    truth_print();
    return 0;
}

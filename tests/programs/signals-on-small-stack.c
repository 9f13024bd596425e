/* A handler on an alternative stack of 8 KiB allocates and frees at random moments while the
 * program computes. Below the stack lies a page that must not be touched; 77 if the kernel's own
 * frame does not fit. Bound at load time, the allocator warmed. */
#define _GNU_SOURCE
#include "truth.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

enum { SIGNALS = 300, PAGE = 4096, STACK = 2 * PAGE };

static volatile sig_atomic_t signals;

static APART void *deeper(int depth) {
    if (depth > 0) {
        void *block = deeper(depth - 1);
        FREE(block);
    }
    return MALLOC((size_t)depth * 10);
}

static void handle(int signal) {
    (void)signal;
    if (signals >= SIGNALS)
        return;
    void *block = deeper(signals % 4);
    FREE(block);
    signals++;
}

int main(void) {
    char *pages =
        mmap(NULL, PAGE + STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(pages, PAGE, PROT_NONE);
    const stack_t stack = {.ss_sp = pages + PAGE, .ss_size = STACK};
    const struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK | SA_RESTART};
    void *warm = MALLOC(30);
    FREE(warm);
    if (sigaltstack(&stack, NULL) != 0)
        return 77;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    for (volatile unsigned i = 0; signals < SIGNALS; i++)
        ;
    setitimer(ITIMER_REAL, &never, NULL);
    truth_print();
    return 0;
}

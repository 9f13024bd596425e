/* Allocates a known number of blocks, prints its account and ends in the way that argv[1] names. */
#include "truth.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void by_kill(void) {
    kill(getpid(), SIGKILL);
}

static void by_term(void) {
    raise(SIGTERM);
}

static int *volatile nowhere = (int *)16;

static void by_segv(void) {
    *nowhere = 1;
}

static void by_bare_exit(void) {
    _exit(7);
}

static void by_quick_exit(void) {
    quick_exit(8);
}

static void by_exit(void) {
    exit(9);
}

static void by_return(void) {}

static void *exit_thread(void *unused) {
    (void)unused;
    exit(11);
}

static void by_thread(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, exit_thread, NULL);
    pthread_join(thread, NULL);
}

/* The last thread ends, the first long gone. */
static void *linger(void *unused) {
    return unused;
}

static void by_last_thread(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, linger, NULL);
    pthread_exit(NULL);
}

static const struct {
    const char *name;
    void (*end)(void);
} ends[] = {
    {"sigkill", by_kill},
    {"sigterm", by_term},
    {"abort", abort},
    {"sigsegv", by_segv},
    {"_exit", by_bare_exit},
    {"quick_exit", by_quick_exit},
    {"exit", by_exit},
    {"return", by_return},
    {"exit-in-thread", by_thread},
    {"last-thread", by_last_thread},
};

static APART void work(void) {
    void *window[16] = {NULL};
    for (size_t i = 0; i < 12345; i++) {
        FREE(window[i % 16]);
        window[i % 16] = MALLOC(i % 700);
    }
    for (int i = 0; i < 8; i++)
        window[i] = REALLOC(window[i], 1000);
}

int main(int argc, char **argv) {
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    if (argc != 2)
        return 64;
    work();
    truth_unknown = strstr(argv[1], "thread") ? TRUTH_NO_PEAK : 0;
    truth_print();
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (strcmp(argv[1], ends[i].name) == 0)
            ends[i].end();
    return 0;
}

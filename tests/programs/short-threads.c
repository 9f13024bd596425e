/* Ten thousand threads, one after another and in groups, each allocating a little. The process must
 * not have grown much between the first thousand and the last. */
#include "truth.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { GROUPS = 1250, WIDTH = 8, ALLOWED_KIB = 4096 };

static void *work(void *argument) {
    void *block = MALLOC(10 + (size_t)(uintptr_t)argument);
    void *other = CALLOC(2, 100);
    FREE(block);
    return other;
}

static long resident_kib(void) {
    static char text[4096];
    FILE *status = fopen("/proc/self/status", "r");
    size_t size = fread(text, 1, sizeof text - 1, status);
    fclose(status);
    text[size] = 0;
    return atol(strstr(text, "VmRSS:") + 6);
}

int main(void) {
    long early = 0;
    for (int group = 0; group < GROUPS; group++) {
        pthread_t threads[WIDTH];
        for (uintptr_t i = 0; i < WIDTH; i++)
            if (pthread_create(&threads[i], NULL, work, (void *)i) != 0)
                return 1;
        for (int i = 0; i < WIDTH; i++) {
            void *block;
            pthread_join(threads[i], &block);
            FREE(block);
        }
        if (group == GROUPS / 10)
            early = resident_kib();
    }
    if (resident_kib() > early + ALLOWED_KIB)
        puts("grew with the number of threads");
    truth_unknown = TRUTH_NO_PEAK;
    fflush(stdout);
    truth_print();
    return 0;
}

/* Eight threads allocate at once without any lock around it: totals are the same in any order. */
#include "truth.h"

#include <pthread.h>

enum { THREADS = 8, ROUNDS = 5000, KEPT = 50 };

static APART void *one(size_t size) {
    return MALLOC(size);
}

static void *work(void *argument) {
    void *ring[16] = {NULL};
    size_t number = (size_t)(uintptr_t)argument;
    for (size_t i = 0; i < ROUNDS; i++) {
        void **slot = &ring[i * 7 % 16];
        FREE(*slot);
        *slot = i % 3 ? one(i % 500 + number) : CALLOC(i % 50, number);
        if (i % 10 == 0)
            *slot = REALLOC(*slot, 77);
    }
    for (int i = 0; i < 16; i++)
        FREE(ring[i]);
    for (int i = 0; i < KEPT; i++)
        (void)MALLOC(number);
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    truth_unknown = TRUTH_NO_PEAK;
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    truth_print();
    return 0;
}

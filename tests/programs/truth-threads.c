/* Eight threads allocate, hand blocks to one another and free them: every figure exact, since call
 * and account are one step, whatever order the threads run in. */
#include "truth.h"

#include <pthread.h>

enum { THREADS = 8, ROUNDS = 2000, SLOTS = 64 };

static void *slots[SLOTS];
static pthread_mutex_t slot_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t all_are_here;

static void *exchange(unsigned slot, void *block) {
    pthread_mutex_lock(&slot_lock);
    void *old = slots[slot];
    slots[slot] = block;
    pthread_mutex_unlock(&slot_lock);
    return old;
}

static APART void *small(unsigned size) {
    return MALLOC(size);
}

static APART void *wide(unsigned size) {
    return CALLOC(4, size);
}

static void *work(void *argument) {
    unsigned seed = (unsigned)(uintptr_t)argument * 2654435761u;
    pthread_barrier_wait(&all_are_here);
    for (int i = 0; i < ROUNDS; i++) {
        seed = seed * 1664525u + 1013904223u;
        void *block = seed >> 31 ? small(seed % 900) : wide(seed % 300);
        block = exchange(seed >> 8 & (SLOTS - 1), block);
        if (seed >> 30 & 1)
            block = REALLOC(block, 200);
        FREE(block);
    }
    pthread_barrier_wait(&all_are_here);
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    truth_serial = 1;
    pthread_barrier_init(&all_are_here, NULL, THREADS);
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    truth_print();
    return 0;
}

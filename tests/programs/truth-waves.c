/* Six threads whose live memory rises and falls together, far below the peak, up to it and beyond,
 * and who free one another's blocks: every figure exact, since call and account are one step. */
#include "truth.h"

#include <pthread.h>

enum { THREADS = 6, WAVES = 12, STEPS = 1500, SLOTS = 4096 };

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

/* Many call paths, more than a thread has places to count in. */
static APART void *down(unsigned depth, size_t size) {
    void *block = depth > 0 ? down(depth - 1, size) : MALLOC(size);
    __asm__ volatile("" : "+r"(block));
    return block;
}

static APART void *across(unsigned depth, size_t size) {
    void *block = depth > 0 ? down(depth - 1, size) : CALLOC(size, 2);
    __asm__ volatile("" : "+r"(block));
    return block;
}

static APART void *resized(void *block, size_t size) {
    return REALLOC(block, size);
}

/* How many of a hundred steps allocate: waves of growing height, with a calm in between. */
static unsigned share(int wave) {
    static const unsigned shares[] = {90, 10, 50, 70, 20, 50};
    return shares[wave % 6];
}

static void step(unsigned seed, unsigned allocate) {
    unsigned slot = seed >> 8 & (SLOTS - 1), size = seed >> 4 & 2047;
    void *block = NULL;
    if (seed % 100 < allocate)
        block = seed >> 30 ? down(seed >> 20 & 127, size) : across(seed >> 20 & 127, size);
    block = exchange(slot, block);
    if (block != NULL && seed >> 28 == 3)
        block = exchange((slot + 1) % SLOTS, resized(block, size + 1));
    FREE(block);
}

static void *work(void *argument) {
    unsigned seed = (unsigned)(uintptr_t)argument * 2654435761u;
    for (int wave = 0; wave < WAVES; wave++) {
        pthread_barrier_wait(&all_are_here);
        for (int i = 0; i < STEPS; i++) {
            seed = seed * 1664525u + 1013904223u;
            step(seed >> 1, share(wave));
        }
    }
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

/* Threads cancelled while they allocate: malloc is no cancellation point, so a thread whose request
 * is pending runs on until it comes to one; clean-up handlers allocate and free. */
#include "truth.h"

#include <pthread.h>
#include <unistd.h>

enum { THREADS = 20 };

static pthread_barrier_t cancelled;

static APART void *climb(unsigned path) {
    if (path > 1) {
        void *block = path % 2 ? climb(path / 2) : climb(path / 2 - 1);
        FREE(block);
    }
    return MALLOC(path % 256);
}

static void clean_up(void *block) {
    FREE(block);
    (void)CALLOC(1, 5);
}

static void *work(void *argument) {
    void *block = MALLOC(1000);
    pthread_cleanup_push(clean_up, block);
    pthread_barrier_wait(&cancelled);
    pthread_barrier_wait(&cancelled);
    for (unsigned i = 0; i < 2000; i++) {
        void *taken = climb(i + (unsigned)(uintptr_t)argument);
        FREE(taken);
    }
    pthread_testcancel();
    pthread_cleanup_pop(0);
    return NULL;
}

int main(void) {
    int stopped = 0;
    truth_unknown = TRUTH_NO_PEAK;
    pthread_barrier_init(&cancelled, NULL, 2);
    for (uintptr_t i = 0; i < THREADS; i++) {
        pthread_t thread;
        void *result;
        pthread_create(&thread, NULL, work, (void *)(i * 1000));
        pthread_barrier_wait(&cancelled);
        pthread_cancel(thread);
        pthread_barrier_wait(&cancelled);
        pthread_join(thread, &result);
        stopped += result == PTHREAD_CANCELED;
    }
    truth_print();
    return stopped != THREADS;
}

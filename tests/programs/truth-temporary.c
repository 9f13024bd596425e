/* Temporary blocks: freed by their thread before it allocates again, frees in between allowed. */
#include "truth.h"

#include <pthread.h>

static void *handed_over;
static pthread_barrier_t turn;

static void *other(void *unused) {
    pthread_barrier_wait(&turn);
    FREE(handed_over); /* freed elsewhere: not temporary */
    void *own = MALLOC(30);
    FREE(own); /* temporary */
    handed_over = MALLOC(20);
    pthread_barrier_wait(&turn);
    return unused;
}

int main(void) {
    void *kept[10];
    for (int i = 0; i < 10; i++) {
        void *first = MALLOC(10);
        void *second = MALLOC(11);
        FREE(first);
        FREE(second); /* temporary though `first` went in between */
        kept[i] = MALLOC(12);
        void *third = MALLOC(13);
        FREE(kept[i]);
        void *fourth = MALLOC(14);
        FREE(third);
        if (i % 2)
            FREE(fourth);
    }
    void *zero = MALLOC(0);
    FREE(zero);
    pthread_t thread;
    pthread_barrier_init(&turn, NULL, 2);
    pthread_create(&thread, NULL, other, NULL);
    handed_over = MALLOC(20);
    pthread_barrier_wait(&turn);
    pthread_barrier_wait(&turn);
    FREE(handed_over); /* the other thread's, though where this one's last was */
    pthread_join(thread, NULL);
    truth_unknown = TRUTH_NO_PEAK;
    truth_print();
    return 0;
}

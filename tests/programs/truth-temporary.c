/* Temporary blocks: freed by their thread before it allocates again, frees in between allowed. */
#include "truth.h"

#include <pthread.h>

static void *from_other;

static void *other(void *unused) {
    (void)unused;
    FREE(from_other); /* freed elsewhere: not temporary */
    void *own = MALLOC(30);
    FREE(own); /* temporary */
    from_other = MALLOC(31);
    return NULL;
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
    truth_serial = 1;
    pthread_t thread;
    from_other = MALLOC(20);
    pthread_create(&thread, NULL, other, NULL);
    pthread_join(thread, NULL);
    FREE(from_other);
    truth_unknown = TRUTH_NO_PEAK;
    truth_print();
    return 0;
}

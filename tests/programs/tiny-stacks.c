/* Threads with the smallest stack there may be, 16 KiB, allocating along new call paths. */
#include "truth.h"

#include <limits.h>
#include <pthread.h>

static APART void *descend(int depth) {
    if (depth > 0) {
        void *block = descend(depth - 1);
        FREE(block);
    }
    return MALLOC(8);
}

static void *work(void *argument) {
    for (int i = 0; i < 20; i++) {
        void *block = descend(i);
        FREE(block);
    }
    (void)CALLOC(3, 4);
    return argument;
}

int main(void) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN) != 0)
        return 1;
    truth_unknown = TRUTH_NO_PEAK;
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        if (pthread_create(&thread, &attributes, work, NULL) != 0)
            return 2;
        pthread_join(thread, NULL);
    }
    truth_print();
    return 0;
}

/* A recursion 400,000 deep that allocates at every depth: what an event costs must not grow with
 * it. */
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

enum { DEEPEST = 400000, STACK = 512 << 20 };

static __attribute__((noinline)) void sink(int depth) {
    void *volatile block = malloc(16);
    if (depth > 1)
        sink(depth - 1);
    free(block);
}

static void *thread_main(void *unused) {
    sink(DEEPEST);
    return unused;
}

int main(void) {
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstacksize(&attributes, STACK) != 0 ||
        pthread_create(&thread, &attributes, thread_main, NULL) != 0)
        return 77;
    pthread_join(thread, NULL);
    return 0;
}

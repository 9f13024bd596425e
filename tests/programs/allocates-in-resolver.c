/* An IFUNC resolver, constructors, destructors, atexit handlers and thread-specific data
 * destructors that allocate, before and after anything else of the program runs. Lazy binding,
 * since the resolver runs while the program is being relocated. */
#include "truth.h"

#include <pthread.h>

static APART void *take(size_t size) {
    return MALLOC(size);
}

static int answer(void) {
    return 42;
}

__attribute__((used)) static int (*resolve_answer(void))(void) {
    (void)take(1001);
    return answer;
}

int resolved_answer(void) __attribute__((ifunc("resolve_answer")));

__attribute__((constructor(101))) static void first_constructor(void) {
    (void)take(1002);
}

__attribute__((constructor)) static void constructor(void) {
    void *block = CALLOC(3, 7);
    FREE(block);
}

__attribute__((destructor)) static void destructor(void) {
    (void)take(1003);
}

/* The last of all. */
__attribute__((destructor(101))) static void last_destructor(void) {
    (void)take(1004);
    truth_print();
}

static void at_exit(void) {
    (void)take(1005);
}

static void at_thread_exit(void *block) {
    FREE(block);
    (void)take(1006);
}

static pthread_key_t key;

static void *thread_main(void *unused) {
    (void)unused;
    pthread_setspecific(key, take(1007));
    return NULL;
}

int main(void) {
    pthread_t threads[5];
    truth_serial = 1;
    truth_unknown = TRUTH_NO_PEAK;
    atexit(at_exit);
    pthread_key_create(&key, at_thread_exit);
    for (int i = 0; i < 5; i++) {
        pthread_create(&threads[i], NULL, thread_main, NULL);
        pthread_join(threads[i], NULL);
    }
    pthread_setspecific(key, take(1008));
    return resolved_answer();
}

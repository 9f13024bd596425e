/* Threads whose first allocation is the C library's own, made while it holds the thread's lock. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 4 };

static void *ask(void *unused) {
    pthread_attr_t attributes;
    void *at, *block;
    size_t size;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return unused;
    pthread_attr_getstack(&attributes, &at, &size);
    pthread_attr_destroy(&attributes);
    block = malloc(100);
    if ((char *)&size < (char *)at || (char *)&size >= (char *)at + size)
        puts("not on its stack");
    free(block);
    return unused;
}

int main(void) {
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++)
        pthread_create(&thread[i], NULL, ask, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    puts("done");
    return 0;
}

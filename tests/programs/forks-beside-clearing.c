/* Linked with libheapline. Children of a process whose other thread starts, clears and stops
 * tracing again and again, or ("before"), of one that clears its traces before the child's first
 * event. Prints how many did not end well. */
#include <heapline.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 200, SECONDS = 60 };

static int is_over;

static void *turn_on_and_off(void *argument) {
    while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED)) {
        heapline_start(1, NULL);
        free(malloc(10));
        heapline_clear_traces();
        free(malloc(20));
        heapline_stop();
    }
    return argument;
}

/* The first events of every third child are its own start's. */
static void be_child(int number) {
    alarm(SECONDS);
    if (number % 3 == 0 && heapline_start(1, NULL) != 0)
        _exit(1);
    for (size_t i = 0; i < 50; i++)
        free(malloc(100 + i));
    heapline_stop();
    if (heapline_start(1, NULL) != 0)
        _exit(2);
    free(malloc(1));
    _exit(0);
}

static int ends_badly(pid_t child) {
    int status = -1;
    return waitpid(child, &status, 0) != child || status != 0;
}

static int fork_beside(void) {
    pthread_t thread;
    int bad = 0;
    heapline_start(1, NULL);
    pthread_create(&thread, NULL, turn_on_and_off, NULL);
    for (int i = 0; i < CHILDREN; i++) {
        pid_t child = fork();
        if (child == 0)
            be_child(i);
        bad += ends_badly(child);
    }
    __atomic_store_n(&is_over, 1, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    return bad;
}

static int fork_before(void) {
    char *blocks[100], byte;
    int gate[2];
    pid_t child;
    for (size_t i = 0; i < 100; i++)
        blocks[i] = malloc(i);
    child = pipe(gate) == 0 ? fork() : -1;
    if (child == 0) {
        close(gate[1]);
        while (read(gate[0], &byte, 1) > 0)
            ;
        for (size_t i = 0; i < 100; i++)
            free(blocks[i]);
        blocks[0] = malloc(777);
        exit(blocks[0] == NULL);
    }
    heapline_clear_traces();
    for (size_t i = 0; i < 100; i++)
        free(blocks[i]);
    close(gate[1]);
    return ends_badly(child);
}

int main(int argc, char **argv) {
    int bad = argc > 1 && strcmp(argv[1], "before") == 0 ? fork_before() : fork_beside();
    printf("%d children ended badly\n", bad);
    return bad != 0;
}

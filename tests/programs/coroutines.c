/* Coroutines by swapcontext on stacks from malloc and on mapped stacks that are unmapped between
 * runs, so that what lay on them is gone; each allocates at several depths. */
#define _GNU_SOURCE
#include "truth.h"

#include <sys/mman.h>
#include <ucontext.h>

enum { STACK = 64 << 10, COUNT = 4, ROUNDS = 100, TURNS = 3, DEPTH = 6 };
enum { YIELDS = TURNS * (DEPTH + 2) }; /* of one routine, before it ends */

static ucontext_t home, routines[COUNT];
static int current;

static void yield(void) {
    swapcontext(&routines[current], &home);
}

static APART void descend(int depth) {
    void *block = MALLOC((size_t)depth + 5);
    yield();
    if (depth > 0)
        descend(depth - 1);
    if (depth % 2)
        FREE(block);
}

static void routine(void) {
    for (int i = 0; i < TURNS; i++) {
        descend(DEPTH);
        void *block = CALLOC(1, 9);
        yield();
        FREE(block);
    }
}

static void start(int number, void *stack) {
    getcontext(&routines[number]);
    routines[number].uc_stack.ss_sp = stack;
    routines[number].uc_stack.ss_size = STACK;
    routines[number].uc_link = &home;
    makecontext(&routines[number], routine, 0);
}

static void *map(void) {
    return mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int main(void) {
    for (int round = 0; round < ROUNDS; round++) {
        void *stacks[COUNT];
        for (int i = 0; i < COUNT; i++)
            start(i, stacks[i] = i % 2 ? map() : MALLOC(STACK));
        for (int step = 0; step <= YIELDS; step++)
            for (current = 0; current < COUNT; current++)
                swapcontext(&home, &routines[current]);
        for (int i = 0; i < COUNT; i++) {
            if (i % 2)
                munmap(stacks[i], STACK);
            else
                FREE(stacks[i]);
            void *block = MALLOC(11);
            if (round % 2)
                FREE(block);
        }
    }
    truth_print();
    return 0;
}

/* A coroutine on a stack whose outermost return address is a function, put there by hand as
 * coroutine libraries do; the stack ends where the mapping ends. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "stack_jump.h"

enum { STACK = 65536 };

static void *back[5], *taken;

static __attribute__((noinline, noreturn)) void finish(void) {
    __builtin_longjmp(back, 1);
}

static __attribute__((noinline)) void enter(void) {
    taken = malloc(77);
    __asm__ volatile("" : : : "memory");
}

int main(void) {
    char *stack = mmap(NULL, 2 * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(stack + STACK, STACK);
    if (!__builtin_setjmp(back)) {
        STACK_JUMP(stack + STACK, enter, finish);
    }
    puts(taken ? "taken" : "not taken");
    free(taken);
    return 0;
}

/* setjmp and longjmp over many frames, allocating at every depth before and after. */
#include "truth.h"

#include <setjmp.h>

static jmp_buf levels[2];
static void (*volatile jump)(jmp_buf, int) = longjmp; /* the compiler need not know */

static APART void climb(int depth, int level) {
    void *block = MALLOC((size_t)depth + 1);
    if (depth > 0)
        climb(depth - 1, level);
    else
        jump(levels[level], 1);
    FREE(block); /* never reached */
}

static APART void between(int depth) {
    void *before = MALLOC(17);
    if (setjmp(levels[1]) == 0)
        climb(depth, 1);
    void *after = MALLOC(18);
    FREE(after);
    FREE(before);
    climb(depth / 2, 0);
}

int main(void) {
    for (volatile int i = 1; i < 100; i++) {
        if (setjmp(levels[0]) == 0)
            between(i);
        void *block = MALLOC(19);
        if (i % 2)
            FREE(block);
    }
    truth_print();
    return 0;
}

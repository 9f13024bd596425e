/* A recursion 20,000 deep that allocates at every depth, and a tree of 131,072 call paths. */
#include "truth.h"

enum { DEEPEST = 20000, LEVELS = 16 };

static APART void sink(int depth) {
    void *block = MALLOC(16);
    if (depth > 0)
        sink(depth - 1);
    FREE(block);
}

static APART void branch(int level) {
    if (level == 0) {
        void *block = CALLOC(1, 24);
        FREE(block);
        return;
    }
    branch(level - 1);
    branch(level - 1);
    __asm__ volatile(""); /* so that the second call is no jump */
}

int main(void) {
    sink(DEEPEST);
    branch(LEVELS + 1);
    sink(DEEPEST / 2);
    truth_print();
    return 0;
}

/* Compiled without unwind tables, with frame pointers or without: the innermost line is exact, the
 * rest of a call path is followed as far as it can be, and what is guessed or cut is counted. */
#include "truth.h"

static APART void descend(int depth) {
    void *block = MALLOC((size_t)depth + 3);
    if (depth > 0)
        descend(depth - 1);
    if (depth % 2)
        FREE(block);
}

static APART void *grow(size_t size) {
    char *block = MALLOC(size);
    return REALLOC(block, size * 2);
}

int main(void) {
    for (int i = 0; i < 50; i++) {
        descend(i);
        void *block = grow((size_t)i + 1);
        if (i % 3)
            FREE(block);
    }
    truth_print();
    return 0;
}

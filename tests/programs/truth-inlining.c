/* Allocators inlined into their callers and into one another: each row is the inlined line itself,
 * whoever called it, and callers that only pass a block on get none. */
#include "truth.h"

#include <string.h>

#define INLINED static inline __attribute__((always_inline))

INLINED void *filled(size_t size, int byte) {
    void *block = MALLOC(size);
    return memset(block, byte, size);
}

INLINED void *twice(size_t size) {
    void *first = filled(size, 1), *second = CALLOC(size, 2);
    FREE(first);
    return second;
}

INLINED void *nested(size_t size) {
    void *block = twice(size + 1);
    return REALLOC(block, size * 4);
}

static APART void *outer(size_t size) {
    void *block = nested(size);
    FREE(block);
    return filled(size, 2);
}

/* A call in tail position: the wrapper's frame is gone, the row is in it still. */
static APART void *passed_on(size_t size) {
    return outer(size);
}

int main(void) {
    void *last = NULL;
    for (size_t size = 1; size <= 50; size++) {
        last = passed_on(size);
        void *more = nested(size * 7);
        if (size % 5)
            FREE(more);
    }
    FREE(last);
    truth_print();
    return 0;
}

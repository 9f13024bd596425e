/* Leaks a known number of blocks on one line between two moments: runs to the first with argv[1]
 * "before", to the second with "after". */
#include "truth.h"

#include <string.h>

static void *held[100];

static APART void *cache(size_t size) {
    return MALLOC(size);
}

static APART void leak(void) {
    for (int i = 0; i < 37; i++)
        (void)MALLOC(1021);
}

int main(int argc, char **argv) {
    for (size_t i = 0; i < 100; i++)
        held[i] = cache(i * 10);
    if (argc > 1 && strcmp(argv[1], "after") == 0) {
        leak();
        for (size_t i = 0; i < 20; i++)
            FREE(held[i]);
    }
    truth_print();
    return 0;
}

/* What the heap was made of when it was largest: sites that rise and fall in turn, and several
 * moments of the same height, of which the first counts. */
#include "truth.h"

enum { SITES = 4, BLOCKS = 40 };
static void *held[SITES][BLOCKS];

/* Functions apart: compilers merge equal branches, and then there is but one call. */
static APART void *take_0(size_t size) {
    return MALLOC(size);
}

static APART void *take_1(size_t size) {
    return MALLOC(size);
}

static APART void *take_2(size_t size) {
    return MALLOC(size);
}

static APART void *take_3(size_t size) {
    return MALLOC(size);
}

static void *(*const take[SITES])(size_t) = {take_0, take_1, take_2, take_3};

static void fill(int site, size_t size) {
    for (int i = 0; i < BLOCKS; i++)
        held[site][i] = take[site](size);
}

static void drain(int site) {
    for (int i = 0; i < BLOCKS; i++)
        FREE(held[site][i]);
}

int main(void) {
    fill(0, 1000);
    fill(1, 500);
    drain(0);
    fill(2, 1500); /* 80,000: the peak */
    drain(1);
    drain(2);
    fill(3, 2000); /* 80,000 again: not a new one */
    drain(3);
    for (int i = 0; i < 1000; i++) { /* many peaks of one height, then one byte more */
        void *block = MALLOC(80000);
        FREE(block);
    }
    void *more = MALLOC(80001);
    void *beside = MALLOC(0);
    FREE(more);
    more = MALLOC(80001);
    FREE(beside);
    FREE(more);
    fill(0, 10);
    truth_print();
    return 0;
}

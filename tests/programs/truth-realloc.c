/* realloc in every form: grow, shrink, move, stay, from NULL, to nothing, and one that fails. A
 * block belongs to the line of its last realloc, and old and new are never both live. */
#include "truth.h"

static volatile size_t huge = (size_t)1 << 62;

static APART void *grown(size_t from, size_t to) {
    char *block = REALLOC(NULL, from);
    for (size_t size = from; size < to; size += size / 2 + 1)
        block = REALLOC(block, size);
    return block;
}

static APART void *shrunk(char *block, size_t from) {
    for (size_t size = from; size > 1; size /= 2)
        block = REALLOC(block, size);
    return block;
}

/* The mmapped sizes, where glibc moves pages. */
static APART void *mapped(void) {
    char *block = MALLOC(300000);
    block = REALLOC(block, 3000000);
    block = REALLOC(block, 1000000);
    return REALLOC(block, 2000000);
}

static APART void must_fail(char *block) {
    if (REALLOC(block, huge))
        abort();
}

static APART void kept_on_failure(void) {
    char *block = MALLOC(500);
    must_fail(block);
    block[499] = 1;
    FREE(block);
    block = MALLOC(700);
    must_fail(block);
    block[699] = 1;
}

int main(void) {
    char *pressed[20];
    for (int i = 0; i < 20; i++) {
        pressed[i] = grown(10 + (size_t)i, 5000);
        void *wall = MALLOC(24); /* so that growing in place ends */
        pressed[i] = shrunk(pressed[i], 6000);
        if (i % 2)
            FREE(wall);
    }
    char *large = mapped();
    kept_on_failure();
    for (int i = 0; i < 10; i++)
        pressed[i] = REALLOC(pressed[i], 0);
    char *empty = REALLOC(NULL, 0);
    if (!empty)
        abort();
    empty = REALLOC(empty, 40);
    FREE(empty);
    FREE(large);
    truth_print();
    return 0;
}

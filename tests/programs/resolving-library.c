/* A library to be preloaded, or linked, whose IFUNC resolver allocates in every way: libraries are
 * relocated from the last to the first, so a tracer that comes before it is not relocated yet. The
 * blocks are given back later, and hold what they held. */
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

enum { BLOCKS = 8, BYTES = 100 };

static unsigned char *blocks[BLOCKS];

static int is(const unsigned char *block, int byte, int from, int to) {
    for (int i = from; i < to; i++)
        if (block == NULL || block[i] != byte)
            return 0;
    return 1;
}

static unsigned char *filled(void *block, int byte) {
    for (int i = 0; i < BYTES; i++)
        ((volatile unsigned char *)block)[i] = (unsigned char)byte;
    return block;
}

static int good(void) {
    return 42;
}

static int bad(void) {
    return 0;
}

__attribute__((used)) static int (*resolve(void))(void) {
    unsigned char *zeros = calloc(4, BYTES / 4), *grown;
    void *aligned = NULL;
    int holds = is(zeros, 0, 0, BYTES) && posix_memalign(&aligned, 256, BYTES) == 0;
    blocks[0] = filled(zeros, 1);
    blocks[1] = filled(malloc(BYTES), 2);
    blocks[2] = filled(aligned, 3);
    blocks[3] = filled(aligned_alloc(64, 128), 4);
    blocks[4] = filled(memalign(64, BYTES), 5);
    blocks[5] = filled(reallocarray(NULL, 4, BYTES / 4), 6);
    grown = reallocarray(filled(malloc(BYTES), 7), 2, BYTES);
    holds &= is(grown, 7, 0, BYTES);
    blocks[6] = filled(grown, 7);
    grown = realloc(filled(realloc(NULL, BYTES), 8), 1000);
    holds &= is(grown, 8, 0, BYTES);
    blocks[7] = grown;
    free(malloc(BYTES));
    holds &= (uintptr_t)aligned % 256 == 0 && (uintptr_t)blocks[3] % 64 == 0;
    return holds ? good : bad;
}

int resolving_library(void) __attribute__((ifunc("resolve")));
static int (*const volatile resolved)(void) = resolving_library;

__attribute__((constructor)) static void begin(void) {
    if (resolved() != 42)
        abort();
    for (int i = 0; i < BLOCKS; i++)
        if (!is(blocks[i], i + 1, 0, BYTES))
            abort();
    blocks[0] = reallocarray(blocks[0], 2, BYTES);
    blocks[1] = realloc(blocks[1], BYTES / 2);
    if (!is(blocks[0], 1, 0, BYTES) || !is(blocks[1], 2, 0, BYTES / 2))
        abort();
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
}

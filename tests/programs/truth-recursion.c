/* One line allocates at every depth of a recursion, another on the way back; half is kept. */
#include "truth.h"

enum { DEPTH = 200 };
static void *kept[DEPTH + 1][2];

static APART void descend(int depth) {
    kept[depth][0] = MALLOC((size_t)depth * 3 + 1);
    if (depth < DEPTH)
        descend(depth + 1);
    kept[depth][1] = MALLOC(100);
    if (depth % 2)
        FREE(kept[depth][0]);
}

/* Two functions that call each other, each with a line of its own. */
static void pong(int depth);

static APART void ping(int depth) {
    void *block = MALLOC(64);
    if (depth > 0)
        pong(depth - 1);
    FREE(block);
}

static APART void pong(int depth) {
    void *block = MALLOC(48);
    if (depth > 0)
        ping(depth - 1);
    if (depth % 3)
        FREE(block);
}

int main(void) {
    for (int round = 0; round < 3; round++) {
        descend(0);
        ping(99);
        for (int i = 0; i <= DEPTH; i++)
            FREE(kept[i][1]);
    }
    truth_print();
    return 0;
}

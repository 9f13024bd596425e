/* Frees twice (argv[1] "twice"), what was never allocated ("foreign"), or into a block ("inside");
 * or reallocates what is foreign ("realloc"). The allocator's verdict is the program's end. */
#include "truth.h"

#include <string.h>
#include <sys/resource.h>

static long storage[64] = {0, 0x81};
static char *volatile misplaced = (char *)storage + 8, *volatile foreign = (char *)storage + 24;

int main(int argc, char **argv) {
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    static char *volatile block, *volatile inside;
    for (size_t i = 0; i < 10; i++)
        block = MALLOC(3000 + i);
    if (argc > 1 && strcmp(argv[1], "twice") == 0)
        FREE(block);
    truth_print();
    if (argc > 1 && strcmp(argv[1], "twice") == 0) {
        free(block);
    } else if (argc > 1 && strcmp(argv[1], "inside") == 0) {
        inside = block + 128;
        free(inside);
    } else if (argc > 1 && strcmp(argv[1], "realloc") == 0) {
        block = realloc(misplaced, 10);
    } else {
        free(foreign);
    }
    return 0;
}

/* Linked with libheapline: says what it finds at first, after heapline_start(LIMIT) where one is
 * given, and after heapline_stop where that is asked for. LIMIT is 0 to let things be. With "die"
 * it kills itself then, with a block of 999 bytes. */
#include <heapline.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *block;

/* How much current grows by a block of 12345 bytes, and whether the block is known. */
static void report(const char *when) {
    uint64_t before, after;
    int known;
    heapline_get_traced_memory(&before, NULL);
    free(block);
    block = malloc(12345);
    heapline_get_traced_memory(&after, NULL);
    heapline_get_block_traceback(block, NULL, 0, &known);
    printf("%s: tracing %d, limit %d, a block counts %llu, is known %d\n", when,
           heapline_is_tracing(), heapline_get_traceback_limit(),
           (unsigned long long)(after - before), known > 0);
    free(block);
    block = NULL;
}

int main(int argc, char **argv) {
    int limit = argc > 1 ? atoi(argv[1]) : 0;
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    report("at first");
    if (limit > 0 && heapline_start(limit, NULL) != 0)
        return 1;
    report("after");
    if (argc > 2 && strcmp(argv[2], "stop") == 0) {
        heapline_stop();
        report("at last");
    }
    if (argc > 2 && strcmp(argv[2], "die") == 0) {
        block = malloc(999);
        raise(SIGKILL);
    }
    return 0;
}

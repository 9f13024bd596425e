/* Requests at the edge: nothing, too much, overflow, bad alignment. Prints results and errno. */
#define _GNU_SOURCE
#include "truth.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>

static volatile size_t most = SIZE_MAX, half = SIZE_MAX / 2 + 1, huge = (size_t)1 << 46;

static void tell(const char *what, const void *block) {
    printf("%s: %s, errno %d\n", what, block ? "a block" : "NULL", errno);
    errno = 0;
}

static void tell_code(const char *what, int code, const void *block) {
    printf("%s: %d, %s, errno %d\n", what, code, block ? "touched" : "untouched", errno);
    errno = 0;
}

int main(void) {
    void *block = NULL;
    errno = 0;
    tell("malloc(0)", MALLOC(0));
    tell("calloc(0, 0)", CALLOC(0, 0));
    tell("realloc(NULL, 0)", REALLOC(NULL, 0));
    tell("malloc(huge)", MALLOC(huge));
    tell("malloc(most)", MALLOC(most));
    tell("calloc(huge, 1)", CALLOC(huge, 1));
    tell("realloc(NULL, huge)", REALLOC(NULL, huge));
    tell("memalign(64, huge)", TAKE(memalign(64, huge), huge));
    tell("valloc(huge)", TAKE(valloc(huge), huge));
    tell("aligned_alloc(64, huge)", TAKE(aligned_alloc(64, huge), huge));
    tell("calloc overflow", calloc(half, 2));
    tell("reallocarray overflow", reallocarray(NULL, half, 2));
    tell("pvalloc overflow", pvalloc(most));
    tell_code("posix_memalign to huge", posix_memalign(&block, 64, huge), block);
    tell_code("posix_memalign alignment 3", posix_memalign(&block, 3, 10), block);
    tell_code("posix_memalign alignment 0", posix_memalign(&block, 0, 10), block);
    tell_code("posix_memalign alignment 4", posix_memalign(&block, 4, 10), block);
    tell("memalign(most)", memalign(most, 1));
    errno = 55;
    block = MALLOC(40);
    tell("errno kept by malloc", block);
    errno = 56;
    FREE(block);
    tell("errno kept by free", NULL);
    free(NULL);
    printf("usable size of NULL: %zu\n", malloc_usable_size(NULL));
    fflush(stdout);
    truth_unknown = TRUTH_NO_PEAK | TRUTH_NO_OTHERS;
    truth_print();
    return 0;
}

/* Sets the limit that argv[1] names on itself, then allocates a known amount on many paths. */
#include "truth.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static volatile size_t huge = (size_t)1 << 46;

static void limit(int what, rlim_t value) {
    const struct rlimit both = {value, value};
    if (setrlimit(what, &both) != 0)
        exit(1);
}

static APART void *climb(unsigned path) {
    if (path > 1) {
        void *block = path % 2 ? climb(path / 2) : climb(path / 2 - 1);
        FREE(block);
    }
    return MALLOC(path % 4096);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "as") == 0)
        limit(RLIMIT_AS, 1 << 30);
    if (argc > 1 && strcmp(argv[1], "fsize") == 0)
        limit(RLIMIT_FSIZE, 0);
    if (argc > 1 && strcmp(argv[1], "nofile") == 0)
        limit(RLIMIT_NOFILE, 3);
    for (unsigned i = 1; i < 20000; i += 3)
        (void)climb(i);
    if (MALLOC(huge))
        return 1;
    if (MALLOC(sizeof(int)) == NULL)
        return 2;
    truth_print();
    return 0;
}

/* Loads and unloads two libraries by turns, each landing on the other's addresses, and allocates
 * from both. argv[1] and argv[2] are their paths. */
#include "truth.h"

#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

struct taken {
    void *block;
    const char *file;
    int line;
};

static APART void *take(const char *path, size_t size, void **address) {
    void *library = dlopen(path, RTLD_NOW);
    if (!library)
        exit(2);
    struct taken (*function)(size_t) = (struct taken(*)(size_t))dlsym(library, "plugin_take");
    struct taken taken = function(size);
    static char file[64];
    snprintf(file, sizeof file, "%s", taken.file); /* the text goes with the library */
    truth_enter();
    truth_allocated(file, taken.line, taken.block, size);
    *address = (void *)function;
    dlclose(library);
    return taken.block;
}

int main(int argc, char **argv) {
    void *first, *second;
    int same = 0;
    if (argc != 3)
        return 64;
    truth_unknown = TRUTH_NO_PEAK | TRUTH_NO_TEMPORARY;
    for (size_t i = 0; i < 100; i++) {
        void *one = take(argv[1], i, &first);
        void *other = take(argv[2], 2 * i, &second);
        same += first == second;
        if (i % 2)
            FREE(one);
        if (i % 3)
            FREE(other);
    }
    printf("%s\n", same ? "addresses met again" : "addresses never met");
    fflush(stdout);
    truth_print();
    return 0;
}

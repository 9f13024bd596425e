/* A C program that loads a C++ plug-in, argv[1], which throws: operator new and the _Unwind_
 * functions are found in the plug-in's own scope, as without a tracer. */
#include "truth.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static void *find(void *library, const char *name) {
    void *found = dlsym(library, name);
    if (!found)
        exit(2);
    return found;
}

int main(int argc, char **argv) {
    int line;
    void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!library) {
        puts(dlerror());
        return 1;
    }
    int (*caught)(int) = (int (*)(int))find(library, "plugin_caught");
    const char *(*unwinder)(void) = (const char *(*)(void))find(library, "plugin_unwinder");
    void *(*make)(int *) = (void *(*)(int *))find(library, "plugin_new");
    void (*drop)(void *) = (void (*)(void *))find(library, "plugin_delete");
    printf("caught %d\n", caught(20));
    const char *name = strrchr(unwinder(), '/');
    printf("unwinder %s\n", name ? name + 1 : unwinder());
    truth_unknown = TRUTH_NO_PEAK | TRUTH_NO_OTHERS;
    for (int i = 0; i < 100; i++) {
        truth_enter();
        void *block = make(&line);
        truth_allocated("throwing-plugin.cc", line, block, 32);
        if (i % 2)
            GIVE(block, drop(block));
    }
    fflush(stdout);
    truth_print();
    return 0;
}

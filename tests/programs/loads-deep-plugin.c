/* Blocks of a library that is loaded with RTLD_DEEPBIND, argv[1], and of functions that are asked
 * for by the C library's handle: each frees what the others made. */
#include "truth.h"

#include <dlfcn.h>

struct taken {
    void *block;
    const char *file;
    int line;
};

static struct taken (*plugin_take)(void *, size_t);
static void (*plugin_give)(void *);

static void *take(size_t size) {
    struct taken taken = plugin_take(NULL, size);
    truth_enter();
    return truth_allocated(taken.file, taken.line, taken.block, size);
}

static void *take_again(void *block, size_t size) {
    struct taken taken;
    truth_release(block);
    taken = plugin_take(block, size);
    return truth_reallocated(taken.file, taken.line, taken.block, size);
}

int main(int argc, char **argv) {
    void *plugin = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_DEEPBIND) : NULL;
    void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
    void *(*handle_malloc)(size_t);
    void (*handle_free)(void *);
    if (plugin == NULL || libc == NULL)
        return 64;
    plugin_take = (struct taken(*)(void *, size_t))dlsym(plugin, "plugin_take");
    plugin_give = (void (*)(void *))dlsym(plugin, "plugin_give");
    handle_malloc = (void *(*)(size_t))dlsym(libc, "malloc");
    handle_free = (void (*)(void *))dlsym(libc, "free");
    for (size_t i = 0; i < 100; i++) {
        void *theirs = take(i), *mine = MALLOC(2 * i), *handles = TAKE(handle_malloc(3 * i), 3 * i);
        mine = take_again(mine, 5 * i);
        if (i % 2)
            FREE(theirs);
        if (i % 3)
            GIVE(mine, plugin_give(mine));
        if (i % 5)
            GIVE(handles, handle_free(handles));
    }
    truth_print();
    return 0;
}

/* Loaded with RTLD_DEEPBIND, this calls the C library's functions, whoever stands before them. */
#include <stdlib.h>

struct taken {
    void *block;
    const char *file;
    int line;
};

struct taken plugin_take(void *block, size_t size);
void plugin_give(void *block);

struct taken plugin_take(void *block, size_t size) {
    struct taken taken = {block ? realloc(block, size) : malloc(size), __FILE__, __LINE__};
    return taken;
}

void plugin_give(void *block) {
    free(block);
}

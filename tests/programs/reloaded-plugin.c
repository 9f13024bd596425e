/* Two of these are built, with FIRST or without, of one size, so that the loader puts the second
 * where the first was: the same addresses, other lines. */
#include <stdlib.h>

struct taken {
    void *block;
    const char *file;
    int line;
};

struct taken plugin_take(size_t size);

#ifdef FIRST
struct taken plugin_take(size_t size) {
    struct taken taken = {malloc(size), __FILE__, __LINE__};
    return taken;
}
#else
struct taken plugin_take(size_t size) {
    struct taken taken = {malloc(size), __FILE__, __LINE__};
    return taken;
}
#endif

#include "kept_symbols.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A relative base is nobody's, as the XDG specification has it. */
static char *below(const char *base, const char *rest) {
    char *path;
    if (!base || *base != '/')
        return NULL;
    if (asprintf(&path, "%s%s", base, rest) < 0)
        abort();
    return path;
}

static char *find_directory(void) {
    const char *chosen = getenv("HEAPLINE_CACHE");
    if (chosen)
        return *chosen ? strdup(chosen) : NULL;
    char *path = below(getenv("XDG_CACHE_HOME"), "/heapline");
    return path ? path : below(getenv("HOME"), "/.cache/heapline");
}

void kept_symbols_init(struct symbol_cache *cache) {
    *cache = (struct symbol_cache){.directory = find_directory()};
}

void kept_symbols_fini(struct symbol_cache *cache) {
    symbol_cache_fini(cache);
    free(cache->directory);
    cache->directory = NULL;
}

int kept_symbols_embed(struct image *image, symbols_progress *progress, void *context,
                       struct heapline_error *err) {
    struct symbol_cache cache;
    kept_symbols_init(&cache);
    int result = symbols_embed(image, &cache, 0, progress, context, err);
    kept_symbols_fini(&cache);
    return result;
}

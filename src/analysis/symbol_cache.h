/* Symbol files kept open, because the next image has most of its modules in common with the last.
 *
 * A struct symbol_cache is the caller's storage, zeroed at first, symbol_cache_fini at the end. It
 * owns its files; who opens one borrows it until symbol_cache_close. Of those that nobody borrows
 * the ones used last stay. A file that has changed since it was opened, or whose debug file has, is
 * opened anew. Not thread-safe.
 */
#ifndef ANALYSIS_SYMBOL_CACHE_H
#define ANALYSIS_SYMBOL_CACHE_H

#include "analysis/symbol_file.h"

enum { SYMBOL_CACHE_FILES = 64 };

struct symbol_cache {
    struct cached_file *files; /* the last used first */
};

/* As symbol_file_open. */
struct symbol_file *symbol_cache_open(struct symbol_cache *cache, const char *path,
                                      const uint8_t *build_id, size_t build_id_size);
void symbol_cache_close(struct symbol_cache *cache, const struct symbol_file *file);
/* Nothing may be borrowed any more. */
void symbol_cache_fini(struct symbol_cache *cache);

#endif

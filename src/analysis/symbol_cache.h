/* Symbol files kept open, because the next image has most of its modules in common with the last;
 * and what was found in them kept on disk, for the next command (symbol_store.h).
 *
 * A struct symbol_cache is the caller's storage, zeroed at first, symbol_cache_fini at the end. It
 * owns its files; who opens one borrows it until symbol_cache_close. Of those that nobody borrows
 * the ones used last stay. A file that has changed since it was opened, or whose debug file has, is
 * opened anew. Not thread-safe.
 */
#ifndef ANALYSIS_SYMBOL_CACHE_H
#define ANALYSIS_SYMBOL_CACHE_H

#include "analysis/symbol_file.h"
#include "snapshot/image.h"

enum { SYMBOL_CACHE_FILES = 64 };

struct cached_file;
struct symbol_cache {
    char *directory;           /* of the store, the caller's; NULL: nothing is kept on disk */
    struct cached_file *files; /* the last used first */
    int has_saved;
};

/* The file of a module, whose path is `path` here. NULL: no memory. */
struct cached_file *symbol_cache_open(struct symbol_cache *cache, const struct image_module *module,
                                      const char *path);
void symbol_cache_close(struct symbol_cache *cache, struct cached_file *file);
/* Nothing may be borrowed any more. */
void symbol_cache_fini(struct symbol_cache *cache);

enum symbol_file_state cached_file_state(const struct cached_file *file);
/* Where to look up what is not known. */
struct symbol_file *cached_file_source(struct cached_file *file);
/* What was found out about an address of the file; NULL: nothing yet. */
const struct image_symbol *cached_file_known(const struct cached_file *file, uint64_t vaddr,
                                             int exact);
/* Can one rely on the source, and is there a store for what it tells? */
int cached_file_is_learning(const struct cached_file *file);
/* To be known from now on. Frames and texts are copied. */
void cached_file_learn(struct cached_file *file, uint64_t vaddr, int exact,
                       const struct image_frame *frames, uint32_t count);

#endif

/* Where a command's cache of symbol files keeps on disk what it has found: in $HEAPLINE_CACHE, else
 * $XDG_CACHE_HOME/heapline, else ~/.cache/heapline; nowhere if the first is empty or none is known.
 */
#ifndef TOOLS_KEPT_SYMBOLS_H
#define TOOLS_KEPT_SYMBOLS_H

#include "analysis/symbols.h"

void kept_symbols_init(struct symbol_cache *cache);
/* Writes what is new and closes the files; nothing may be borrowed any more. */
void kept_symbols_fini(struct symbol_cache *cache);
/* symbols_embed with such a cache and all the time that it takes. */
int kept_symbols_embed(struct image *image, symbols_progress *progress, void *context,
                       struct heapline_error *err);

#endif

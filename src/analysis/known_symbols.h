/* What has been found out about addresses of one file.
 *
 * The struct is the caller's storage; it owns what it is told, as copies. Want of memory sets
 * `failed`; what is known then is true, but not all that was told. Not thread-safe.
 */
#ifndef ANALYSIS_KNOWN_SYMBOLS_H
#define ANALYSIS_KNOWN_SYMBOLS_H

#include "analysis/intern.h"
#include "snapshot/image.h"

struct known_symbols {
    struct pool pool;
    struct intern texts, keys;
    struct image_symbol *symbols; /* [id in keys]; ip is an address in the file, module 1 */
    uint32_t count, capacity;
    int failed;
};

void known_symbols_init(struct known_symbols *known);
/* NULL: not known. Valid until the next one is added. */
const struct image_symbol *known_symbols_find(const struct known_symbols *known, uint64_t vaddr,
                                              int exact);
/* What is known already stays as it is. */
void known_symbols_add(struct known_symbols *known, uint64_t vaddr, int exact,
                       const struct image_frame *frames, uint32_t frame_count);
void known_symbols_fini(struct known_symbols *known);

#endif

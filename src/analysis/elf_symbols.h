/* The function symbols of one module, sorted: libdwfl's own look-up by address scans them all.
 *
 * Borrows the module; names live as long as it. Not thread-safe while it is filled.
 */
#ifndef ANALYSIS_ELF_SYMBOLS_H
#define ANALYSIS_ELF_SYMBOLS_H

#include <elfutils/libdwfl.h>
#include "analysis/range_map.h"

struct elf_symbol {
    uint64_t start, end; /* addresses as libdwfl has them; first, for address_sort */
    const char *name;
    int local;
};
struct elf_symbols {
    struct elf_symbol *items;
    size_t count;
    struct range_map map; /* address -> item */
};

void elf_symbols_init(struct elf_symbols *symbols, Dwfl_Module *module);
/* The symbol whose code holds the address, or NULL. */
const struct elf_symbol *elf_symbols_find(const struct elf_symbols *symbols, uint64_t address);
void elf_symbols_fini(struct elf_symbols *symbols);

#endif

#include "analysis/elf_symbols.h"
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include "analysis/address_sort.h"

static int is_code(const GElf_Sym *sym, GElf_Word section) {
    int type = GELF_ST_TYPE(sym->st_info);
    return section != SHN_UNDEF && section != SHN_ABS &&
           (type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE);
}

/* Section starts, mapping symbols and the like carry no name that a reader knows. */
static int is_named(const char *name) {
    return name && *name && *name != '$' && *name != '.';
}

static void collect(struct elf_symbols *symbols, Dwfl_Module *module, int count) {
    for (int i = 1; i < count; i++) {
        GElf_Sym sym;
        GElf_Addr address;
        GElf_Word section;
        const char *name = dwfl_module_getsym_info(module, i, &sym, &address, &section, NULL, NULL);
        if (is_named(name) && is_code(&sym, section))
            symbols->items[symbols->count++] = (struct elf_symbol){
                address, address + sym.st_size, name, GELF_ST_BIND(sym.st_info) == STB_LOCAL};
    }
}

static size_t underscores(const char *name) {
    return strspn(name, "_");
}

/* By address; of aliases the best-known name last: sized, exported, `strdup` rather than
 * `__strdup`, short. */
static int best_last(const void *a, const void *b) {
    const struct elf_symbol *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    if (x->local != y->local)
        return x->local ? -1 : 1;
    if (underscores(x->name) != underscores(y->name))
        return underscores(x->name) > underscores(y->name) ? -1 : 1;
    if (strlen(x->name) != strlen(y->name))
        return strlen(x->name) > strlen(y->name) ? -1 : 1;
    return strcmp(y->name, x->name);
}

/* A label without size, as assembly leaves them, reaches to the next symbol. */
static void add_ranges(struct elf_symbols *symbols) {
    for (size_t i = 0; i < symbols->count; i++) {
        const struct elf_symbol *s = &symbols->items[i];
        int has_next = i + 1 < symbols->count;
        uint64_t end = s->end == s->start && has_next ? s[1].start : s->end;
        range_map_add(&symbols->map, s->start, end, (uint32_t)i);
    }
    range_map_build(&symbols->map);
}

void elf_symbols_init(struct elf_symbols *symbols, Dwfl_Module *module) {
    *symbols = (struct elf_symbols){0};
    int count = dwfl_module_getsymtab(module);
    if (count <= 0)
        return;
    symbols->items = calloc((size_t)count, sizeof *symbols->items);
    symbols->map.failed = !symbols->items;
    if (!symbols->items)
        return;
    collect(symbols, module, count);
    address_sort(symbols->items, symbols->count, sizeof *symbols->items, best_last);
    add_ranges(symbols);
}

const struct elf_symbol *elf_symbols_find(const struct elf_symbols *symbols, uint64_t address) {
    uint32_t at = range_map_find(&symbols->map, address);
    return at == RANGE_NONE ? NULL : &symbols->items[at];
}

void elf_symbols_fini(struct elf_symbols *symbols) {
    range_map_fini(&symbols->map);
    free(symbols->items);
    *symbols = (struct elf_symbols){0};
}

#include "analysis/symbol_file.h"
#include <dwarf.h>
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "analysis/debug_copy.h"
#include "analysis/debug_search.h"
#include "analysis/dwarf_unit.h"
#include "analysis/elf_symbols.h"
#include "analysis/range_map.h"

struct unit { /* indexed when an address of it is first asked for */
    Dwarf_Die line_die, die;
    struct dwarf_unit *index;
    int is_placed; /* .debug_aranges tells where its code lies */
};

struct symbol_file {
    enum symbol_file_state state;
    Dwfl *dwfl;
    Dwfl_Module *module;
    Dwarf_Addr bias, dwarf_bias; /* libdwfl's address - bias = the file's, the debug file's */
    struct unit *units;          /* as they lie in the file */
    size_t unit_count, unit_capacity;
    struct range_map unit_map; /* DWARF address -> unit */
    struct elf_symbols symbols;
    int symbols_loaded, lacks_part;
};

static int find_none(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
                     const char *file, const char *link, GElf_Word link_crc, char **path) {
    (void)module, (void)data, (void)name, (void)base;
    (void)file, (void)link, (void)link_crc, (void)path;
    return -1;
}

static char search_path[] = DEBUG_SEARCH_PATH, *search_path_at = search_path;

static const Dwfl_Callbacks callbacks_of_twins = {
    .debuginfo_path = &search_path_at,
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = find_none,
    .section_address = dwfl_offline_section_address,
};

/* Another module of the same file, which has looked for its debug information in vain; NULL: it has
 * found it in the file itself, or cannot be made. */
static Dwfl_Module *find_twin(Dwfl *dwfl, const char *name, const char *file) {
    Dwfl_Module *twin = dwfl ? dwfl_report_offline(dwfl, name, file, -1) : NULL;
    Dwarf_Addr bias;
    return twin && !dwfl_module_getdwarf(twin, &bias) ? twin : NULL;
}

/* Where nobody is to be asked for what is not here. A link without checksum is to a supplement. */
static int is_in_vain(Dwfl_Module *module, const char *file, const char *link, GElf_Word crc) {
    const unsigned char *build_id = NULL;
    GElf_Addr address;
    int size = dwfl_module_build_id(module, &build_id, &address);
    return !getenv("DEBUGINFOD_URLS") && file && (!link || crc) &&
           !debug_search_may_find(file, link, build_id, size > 0 ? (size_t)size : 0);
}

/* The standard search opens what it finds for the module that it is asked for, which would not look
 * at a copy: it is asked for a twin. Only at first; after that it is the file's supplement that is
 * looked for, by what the module has opened. */
static int find_debuginfo(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
                          const char *file, const char *link, GElf_Word link_crc, char **path) {
    if (!*data && is_in_vain(module, file, link, link_crc))
        return -1;
    Dwfl *other = *data ? NULL : dwfl_begin(&callbacks_of_twins);
    Dwfl_Module *twin = find_twin(other, name, file), *asked = twin ? twin : module;
    *data = module;
    int fd = dwfl_standard_find_debuginfo(asked, data, name, base, file, link, link_crc, path);
    int copy = twin && fd >= 0 ? debug_copy(fd) : -1;
    if (copy >= 0) {
        close(fd);
        fd = copy;
    }
    dwfl_end(other);
    return fd;
}

static const Dwfl_Callbacks callbacks = {
    .debuginfo_path = &search_path_at,
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = find_debuginfo,
    .section_address = dwfl_offline_section_address,
};

static int add_unit(struct symbol_file *file, const Dwarf_Die *line_die, const Dwarf_Die *die) {
    if (file->unit_count == file->unit_capacity) {
        size_t capacity = file->unit_capacity ? file->unit_capacity * 2 : 64;
        struct unit *units = reallocarray(file->units, capacity, sizeof *units);
        if (!units)
            return -1;
        file->units = units;
        file->unit_capacity = capacity;
    }
    file->units[file->unit_count++] = (struct unit){*line_die, *die, NULL, 0};
    return 0;
}

static void add_units(struct symbol_file *file, Dwarf *dwarf) {
    Dwarf_CU *unit = NULL;
    uint8_t type;
    Dwarf_Die die, split;
    while (dwarf_get_units(dwarf, unit, &unit, NULL, &type, &die, &split) == 0) {
        int is_split = type == DW_UT_skeleton && dwarf_tag(&split) > 0;
        file->lacks_part |= type == DW_UT_skeleton; /* nobody asks a .dwo file how old it is */
        if (type == DW_UT_type || type == DW_UT_partial)
            continue; /* hold no code */
        if (add_unit(file, &die, is_split ? &split : &die)) {
            file->lacks_part = 1;
            break;
        }
    }
}

static int by_offset(const void *key, const void *element) {
    const Dwarf_Off *offset = key;
    Dwarf_Die line_die = ((const struct unit *)element)->line_die;
    Dwarf_Off other = dwarf_dieoffset(&line_die);
    return (*offset > other) - (*offset < other);
}

static void place_unit(struct symbol_file *file, Dwarf_Arange *range) {
    Dwarf_Addr low;
    Dwarf_Word size;
    Dwarf_Off offset;
    struct unit *unit = NULL;
    if (!dwarf_getarangeinfo(range, &low, &size, &offset))
        unit = bsearch(&offset, file->units, file->unit_count, sizeof *unit, by_offset);
    if (!unit)
        return;
    range_map_add(&file->unit_map, low, low + size, (uint32_t)(unit - file->units));
    unit->is_placed |= low > 1;
}

/* What .debug_aranges tells of need not be looked for in the unit, whose abbreviations would have
 * to be read first. */
static void place_units(struct symbol_file *file, Dwarf *dwarf) {
    Dwarf_Aranges *ranges;
    size_t count;
    if (dwarf_getaranges(dwarf, &ranges, &count))
        return;
    for (size_t i = 0; i < count; i++)
        place_unit(file, dwarf_onearange(ranges, i));
}

static void add_unit_ranges(struct symbol_file *file, uint32_t at) {
    Dwarf_Addr base, low, high;
    ptrdiff_t offset = 0;
    while ((offset = dwarf_ranges(&file->units[at].line_die, offset, &base, &low, &high)) > 0)
        range_map_add(&file->unit_map, low, high, at);
}

static void index_units(struct symbol_file *file, Dwarf *dwarf) {
    add_units(file, dwarf);
    place_units(file, dwarf);
    for (uint32_t i = 0; i < file->unit_count; i++)
        if (!file->units[i].is_placed)
            add_unit_ranges(file, i);
    range_map_build(&file->unit_map);
    file->lacks_part |= file->unit_map.failed;
}

/* The image keeps at most 32 bytes of a build-id. */
static int same_build(Dwfl_Module *module, const uint8_t *build_id, size_t size) {
    const unsigned char *bits;
    GElf_Addr address;
    int found = dwfl_module_build_id(module, &bits, &address);
    size_t found_size = found > 32 ? 32 : found > 0 ? (size_t)found : 0;
    return found_size == size && (!size || !memcmp(bits, build_id, size));
}

/* What several files have in common may have been moved to one of its own (dwz). */
static int lacks_supplement(Dwarf *dwarf) {
    const char *name;
    const void *build_id;
    return dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &build_id) > 0 && !dwarf_getalt(dwarf);
}

static enum symbol_file_state load(struct symbol_file *file, const char *path,
                                   const uint8_t *build_id, size_t build_id_size) {
    struct stat status;
    if (stat(path, &status))
        return SYMBOL_FILE_MISSING;
    if (!S_ISREG(status.st_mode)) /* opening a FIFO would wait for ever */
        return SYMBOL_FILE_UNREADABLE;
    file->dwfl = dwfl_begin(&callbacks);
    if (!file->dwfl)
        return SYMBOL_FILE_UNREADABLE;
    dwfl_report_begin(file->dwfl);
    file->module = dwfl_report_offline(file->dwfl, path, path, -1);
    dwfl_report_end(file->dwfl, NULL, NULL);
    if (!file->module || !dwfl_module_getelf(file->module, &file->bias))
        return SYMBOL_FILE_UNREADABLE;
    if (!same_build(file->module, build_id, build_id_size))
        return SYMBOL_FILE_CHANGED;
    Dwarf *dwarf = dwfl_module_getdwarf(file->module, &file->dwarf_bias);
    if (!dwarf)
        return SYMBOL_FILE_NO_DEBUG;
    file->lacks_part = lacks_supplement(dwarf);
    index_units(file, dwarf);
    return SYMBOL_FILE_SOUND;
}

struct symbol_file *symbol_file_open(const char *path, const uint8_t *build_id,
                                     size_t build_id_size) {
    struct symbol_file *file = calloc(1, sizeof *file);
    if (file)
        file->state = load(file, path, build_id, build_id_size);
    return file;
}

enum symbol_file_state symbol_file_state(const struct symbol_file *file) {
    return file->state;
}

const char *symbol_file_debug_path(const struct symbol_file *file) {
    const char *path = NULL;
    if (file->module)
        dwfl_module_info(file->module, NULL, NULL, NULL, NULL, NULL, NULL, &path);
    return path;
}

int symbol_file_is_whole(const struct symbol_file *file) {
    return !file->lacks_part;
}

void symbol_file_frames(struct symbol_file *file, uint64_t vaddr, struct raw_frames *out) {
    Dwarf_Addr address = vaddr + file->bias - file->dwarf_bias;
    uint32_t at = range_map_find(&file->unit_map, address);
    out->count = 0;
    if (at == RANGE_NONE)
        return;
    struct unit *unit = &file->units[at];
    if (!unit->index)
        unit->index = dwarf_unit_new(&unit->line_die, &unit->die);
    if (unit->index)
        dwarf_unit_frames(unit->index, address, out);
    else
        out->failed = 1;
}

static void load_symbols(struct symbol_file *file) {
    elf_symbols_init(&file->symbols, file->module);
    file->lacks_part |= file->symbols.map.failed;
    file->symbols_loaded = 1;
}

const char *symbol_file_symbol(struct symbol_file *file, uint64_t vaddr, uint64_t *start) {
    if (file->state > SYMBOL_FILE_NO_DEBUG)
        return NULL;
    if (!file->symbols_loaded)
        load_symbols(file);
    const struct elf_symbol *symbol = elf_symbols_find(&file->symbols, vaddr + file->bias);
    if (!symbol)
        return NULL;
    *start = symbol->start - file->bias;
    return symbol->name;
}

void symbol_file_close(struct symbol_file *file) {
    if (!file)
        return;
    for (size_t i = 0; i < file->unit_count; i++)
        dwarf_unit_free(file->units[i].index);
    free(file->units);
    range_map_fini(&file->unit_map);
    elf_symbols_fini(&file->symbols);
    if (file->dwfl)
        dwfl_end(file->dwfl);
    free(file);
}

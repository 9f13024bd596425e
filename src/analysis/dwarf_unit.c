#include "analysis/dwarf_unit.h"
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>
#include "analysis/range_map.h"

/* A function, or one inlined into its parent. */
struct scope {
    Dwarf_Die die;
    uint32_t parent; /* RANGE_NONE: a function */
};

struct dwarf_unit {
    Dwarf_Die line_die, die;
    const char *directory; /* of the compilation */
    struct scope *scopes;
    size_t count, capacity;
    size_t function_count;      /* of the scopes, the first: functions that are in no other */
    struct range_map functions; /* address -> one of those */
    struct range_map **inside;  /* [function]: address -> scope within it; NULL: not walked yet */
    struct range_map *all;      /* address -> scope; NULL: not needed yet */
    struct range_map *found;    /* what the walk fills */
    int types_hold_code, enters_functions, failed;
};

/* Code deeper than this is nobody's; a damaged file must not exhaust the stack. */
enum { DEPTH_MAX = 200 };

static int add_scope(struct dwarf_unit *unit, const Dwarf_Die *die, uint32_t parent) {
    if (unit->count == unit->capacity) {
        size_t capacity = unit->capacity ? unit->capacity * 2 : 64;
        struct scope *scopes = reallocarray(unit->scopes, capacity, sizeof *scopes);
        if (!scopes) {
            unit->failed = 1;
            return -1;
        }
        unit->scopes = scopes;
        unit->capacity = capacity;
    }
    unit->scopes[unit->count++] = (struct scope){*die, parent};
    return 0;
}

/* Returns how many ranges of real code the entry has; those of code that the linker dropped begin
 * at 0 or 1, and so may seem to reach into real code. */
static int add_ranges(struct range_map *map, Dwarf_Die *die, uint32_t scope) {
    Dwarf_Addr base, low, high;
    ptrdiff_t offset = 0;
    int found = 0;
    while ((offset = dwarf_ranges(die, offset, &base, &low, &high)) > 0) {
        range_map_add(map, low, high, scope);
        found += low > 1;
    }
    return found;
}

static void walk(struct dwarf_unit *unit, Dwarf_Die *parent, uint32_t scope, int depth);

/* One without code of its own (a declaration, the abstract of an inlined function) may still hold
 * the local class of a lambda, and that the lambda's code. */
static void visit_function(struct dwarf_unit *unit, Dwarf_Die *die, uint32_t parent, int depth) {
    uint32_t scope = (uint32_t)unit->count;
    if (!add_ranges(unit->found, die, scope) || add_scope(unit, die, parent))
        scope = RANGE_NONE;
    if (unit->enters_functions)
        walk(unit, die, scope, depth);
}

static void visit(struct dwarf_unit *unit, Dwarf_Die *die, uint32_t scope, int depth) {
    switch (dwarf_tag(die)) {
    case DW_TAG_subprogram:
        visit_function(unit, die, RANGE_NONE, depth);
        break;
    case DW_TAG_inlined_subroutine:
        visit_function(unit, die, scope, depth);
        break;
    case DW_TAG_lexical_block:
    case DW_TAG_try_block:
    case DW_TAG_catch_block:
    case DW_TAG_namespace:
    case DW_TAG_module:
        walk(unit, die, scope, depth);
        break;
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type:
        if (unit->types_hold_code)
            walk(unit, die, scope, depth);
        break;
    default:
        break;
    }
}

static void walk(struct dwarf_unit *unit, Dwarf_Die *parent, uint32_t scope, int depth) {
    Dwarf_Die die;
    if (depth > DEPTH_MAX || !dwarf_haschildren(parent) || dwarf_child(parent, &die))
        return;
    do
        visit(unit, &die, scope, depth + 1);
    while (dwarf_siblingof(&die, &die) == 0);
}

static int is_c(Dwarf_Die *die) {
    switch (dwarf_srclang(die)) {
    case DW_LANG_C:
    case DW_LANG_C89:
    case DW_LANG_C99:
    case DW_LANG_C11:
        return 1;
    default:
        return 0;
    }
}

static const char *text_of(Dwarf_Die *die, unsigned name) {
    Dwarf_Attribute attribute;
    return dwarf_formstring(dwarf_attr_integrate(die, name, &attribute));
}

static void fill(struct dwarf_unit *unit, struct range_map *map, Dwarf_Die *from, uint32_t scope) {
    unit->found = map;
    walk(unit, from, scope, 0);
    range_map_build(map);
    unit->failed |= map->failed;
}

struct dwarf_unit *dwarf_unit_new(const Dwarf_Die *line_die, const Dwarf_Die *die) {
    struct dwarf_unit *unit = calloc(1, sizeof *unit);
    if (!unit)
        return NULL;
    unit->line_die = *line_die;
    unit->die = *die;
    unit->directory = text_of(&unit->line_die, DW_AT_comp_dir);
    unit->types_hold_code = !is_c(&unit->die); /* the headers of a program in C are full of types */
    fill(unit, &unit->functions, &unit->die, RANGE_NONE);
    unit->function_count = unit->count;
    unit->inside = calloc(unit->count + 1, sizeof *unit->inside);
    unit->enters_functions = 1;
    if (unit->failed || !unit->inside) {
        dwarf_unit_free(unit);
        return NULL;
    }
    return unit;
}

/* The map at `at`, which is made when it is first asked for. */
static uint32_t find_in(struct dwarf_unit *unit, struct range_map **at, Dwarf_Die from,
                        uint32_t scope, Dwarf_Addr address) {
    if (!*at && (*at = calloc(1, sizeof **at)))
        fill(unit, *at, &from, scope);
    if (!*at)
        unit->failed = 1;
    return *at ? range_map_find(*at, address) : RANGE_NONE;
}

/* The innermost scope. What is in no function that stands alone may be in one within another. */
static uint32_t scope_at(struct dwarf_unit *unit, Dwarf_Addr address) {
    uint32_t function = range_map_find(&unit->functions, address);
    if (function == RANGE_NONE)
        return find_in(unit, &unit->all, unit->die, RANGE_NONE, address);
    uint32_t within =
        find_in(unit, &unit->inside[function], unit->scopes[function].die, function, address);
    return within != RANGE_NONE ? within : function;
}

/* The linkage name where it holds more than the name does: namespaces and template arguments. */
static const char *function_name(Dwarf_Die *die) {
    const char *linkage = text_of(die, DW_AT_linkage_name);
    if (!linkage)
        linkage = text_of(die, DW_AT_MIPS_linkage_name);
    if (linkage && (!strncmp(linkage, "_Z", 2) || !strncmp(linkage, "_R", 2)))
        return linkage;
    return text_of(die, DW_AT_name);
}

static uint64_t number_of(Dwarf_Die *die, unsigned name) {
    Dwarf_Attribute attribute;
    Dwarf_Word value;
    return dwarf_formudata(dwarf_attr(die, name, &attribute), &value) ? 0 : value;
}

/* Where an inlined function was called: the place of the frame around it. */
static void call_place(struct dwarf_unit *unit, Dwarf_Die *die, struct raw_frame *frame) {
    Dwarf_Files *files;
    size_t count;
    uint64_t index = number_of(die, DW_AT_call_file);
    frame->file = NULL;
    if (!dwarf_getsrcfiles(&unit->die, &files, &count) && index < count)
        frame->file = dwarf_filesrc(files, index, NULL, NULL);
    frame->line = (uint32_t)number_of(die, DW_AT_call_line);
}

static void line_place(struct dwarf_unit *unit, Dwarf_Addr address, struct raw_frame *frame) {
    int line = 0;
    Dwarf_Line *record = dwarf_getsrc_die(&unit->line_die, address);
    frame->file = dwarf_linesrc(record, NULL, NULL);
    frame->line = dwarf_lineno(record, &line) ? 0 : (uint32_t)line;
}

static void append(struct raw_frames *out, const struct raw_frame *frame) {
    if (out->count == out->capacity) {
        size_t capacity = out->capacity ? out->capacity * 2 : 16;
        struct raw_frame *items = reallocarray(out->items, capacity, sizeof *items);
        if (!items) {
            out->failed = 1;
            return;
        }
        out->items = items;
        out->capacity = capacity;
    }
    out->items[out->count++] = *frame;
}

static int mangles_names(Dwarf_Die *die) {
    switch (dwarf_srclang(die)) {
    case DW_LANG_C_plus_plus:
    case DW_LANG_C_plus_plus_03:
    case DW_LANG_C_plus_plus_11:
    case DW_LANG_C_plus_plus_14:
    case DW_LANG_Rust:
        return 1;
    default:
        return 0;
    }
}

void dwarf_unit_frames(struct dwarf_unit *unit, Dwarf_Addr address, struct raw_frames *out) {
    struct raw_frame frame = {.directory = unit->directory};
    line_place(unit, address, &frame);
    out->mangles = mangles_names(&unit->die);
    uint32_t at = scope_at(unit, address);
    out->failed |= unit->failed;
    while (at != RANGE_NONE) { /* a parent's index is lower */
        struct scope *scope = &unit->scopes[at];
        frame.function = function_name(&scope->die);
        frame.inlined = dwarf_tag(&scope->die) == DW_TAG_inlined_subroutine;
        append(out, &frame);
        call_place(unit, &scope->die, &frame);
        at = scope->parent;
    }
    if (!out->count && frame.file)
        append(out, &frame);
}

static void free_map(struct range_map *map) {
    if (map)
        range_map_fini(map);
    free(map);
}

void dwarf_unit_free(struct dwarf_unit *unit) {
    if (!unit)
        return;
    for (size_t i = 0; unit->inside && i < unit->function_count; i++)
        free_map(unit->inside[i]);
    free_map(unit->all);
    range_map_fini(&unit->functions);
    free(unit->inside);
    free(unit->scopes);
    free(unit);
}

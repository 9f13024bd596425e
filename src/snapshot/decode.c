#include <string.h>
#include "base/error.h"
#include "base/text.h"
#include "snapshot/format.h"
#include "snapshot/reader.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { NAMED_NODES = 2 /* the root and <not recorded> */ };

struct decoder {
    struct image *image;
    struct reader reader;
    struct section {
        const uint8_t *at, *end; /* at NULL: missing */
    } sections[FORMAT_SECTIONS];
    const char **texts; /* [0] is NULL: references begin at 1 */
    uint32_t text_count;
};

static const char *text(struct decoder *d) {
    uint64_t reference = reader_below(&d->reader, d->text_count, "a text that is not there");
    return d->reader.problem ? NULL : d->texts[reference];
}

static const char *text_or_empty(struct decoder *d) {
    const char *result = text(d);
    return result ? result : "";
}

/* A count and an array for as many, each of which takes at least `least` bytes of the file. */
static void *array(struct decoder *d, uint32_t *count, size_t least, size_t size) {
    *count = reader_count(&d->reader, least);
    return reader_array(&d->reader, *count, size);
}

static void get_strings(struct decoder *d) {
    struct reader *r = &d->reader;
    uint32_t count = reader_count(r, 1);
    d->texts = reader_array(r, (size_t)count + 1, sizeof *d->texts);
    if (!d->texts)
        return;
    for (uint32_t i = 1; i <= count && !r->problem; i++)
        d->texts[i] = reader_text(r, reader_count(r, 1));
    d->text_count = count + 1;
}

static void get_field(struct decoder *d, const struct format_field *field) {
    void *to = (char *)d->image + field->offset;
    switch (field->kind) {
    case FORMAT_U32:
        *(uint32_t *)to = reader_u32(&d->reader);
        break;
    case FORMAT_U64:
        *(uint64_t *)to = reader_u64(&d->reader);
        break;
    default:
        *(const char **)to = text_or_empty(d);
    }
}

static void get_process(struct decoder *d) {
    uint32_t count = reader_count(&d->reader, 1);
    if (count < FORMAT_FIELDS)
        reader_fail(&d->reader, "too few process fields");
    for (uint32_t i = 0; i < count && !d->reader.problem; i++) {
        if (i < FORMAT_FIELDS)
            get_field(d, &format_fields[i]);
        else
            reader_u64(&d->reader);
    }
    if (d->image->end > IMAGE_ENDED)
        reader_fail(&d->reader, "an unknown end");
}

static void get_command(struct decoder *d) {
    uint32_t count;
    const char **words = array(d, &count, 1, sizeof *words);
    for (uint32_t i = 0; i < count && !d->reader.problem; i++)
        words[i] = text_or_empty(d);
    d->image->command = words;
    d->image->command_count = count;
}

static void get_module(struct decoder *d, struct image_module *module) {
    struct reader *r = &d->reader;
    module->path = text_or_empty(d);
    module->start = reader_u64(r);
    if (__builtin_add_overflow(module->start, reader_u64(r), &module->end))
        reader_fail(r, "an impossible module");
    module->bias = reader_u64(r);
    module->flags = reader_u32(r);
    module->build_id_size = reader_count(r, 1);
    module->build_id = reader_bytes(r, module->build_id_size);
}

static void get_modules(struct decoder *d) {
    struct image *image = d->image;
    image->modules = array(d, &image->module_count, 6, sizeof *image->modules);
    if (!image->module_count || image->module_count > UINT16_MAX + 1)
        reader_fail(&d->reader, "an impossible number of modules");
    for (uint32_t i = 0; i < image->module_count && !d->reader.problem; i++)
        get_module(d, &image->modules[i]);
}

/* (module, exact) in one number. */
static void get_place(struct decoder *d, uint16_t *module, uint16_t *exact) {
    uint64_t limit = (uint64_t)d->image->module_count << 1;
    uint64_t place = reader_below(&d->reader, limit, "a module that is not there");
    *module = (uint16_t)(place >> 1);
    *exact = place & 1;
}

static void get_node(struct decoder *d, uint32_t index, uint64_t previous) {
    struct reader *r = &d->reader;
    struct image_node *node = &d->image->nodes[index];
    get_place(d, &node->module, &node->exact);
    uint64_t up = reader_u64(r);
    if (!up || up > index)
        reader_fail(r, "a frame without its caller");
    node->parent = index - (uint32_t)up;
    node->ip = previous + format_unzigzag(reader_u64(r));
}

static void get_nodes(struct decoder *d) {
    struct reader *r = &d->reader;
    struct image *image = d->image;
    uint64_t count = reader_u64(r), ip = 0;
    if (count < NAMED_NODES || count - NAMED_NODES > (uint64_t)(r->end - r->at) / 3 ||
        count > UINT32_MAX) {
        reader_fail(r, "an impossible number of frames");
        return;
    }
    image->node_count = (uint32_t)count;
    image->nodes = reader_array(r, image->node_count, sizeof *image->nodes);
    for (uint32_t i = NAMED_NODES; i < image->node_count && !r->problem; i++) {
        get_node(d, i, ip);
        ip = image->nodes[i].ip;
    }
}

static void get_types(struct decoder *d) {
    const char **names = array(d, &d->image->type_count, 1, sizeof *names);
    for (uint32_t i = 0; i < d->image->type_count && !d->reader.problem; i++)
        names[i] = text(d);
    if (!d->image->type_count || (!d->reader.problem && names[0]))
        reader_fail(&d->reader, "a type table that does not begin with no type");
    d->image->types = names;
}

static void get_domains(struct decoder *d) {
    uint32_t *ids, count = reader_count(&d->reader, 2);
    const char **names = reader_array(&d->reader, count, sizeof *names);
    ids = reader_array(&d->reader, count, sizeof *ids);
    for (uint32_t i = 0; i < count && !d->reader.problem; i++) {
        ids[i] = reader_u32(&d->reader);
        names[i] = text_or_empty(d);
    }
    d->image->domain_ids = ids;
    d->image->domain_names = names;
    d->image->domain_count = count;
}

static void get_count(struct decoder *d, struct heapline_count *count) {
    count->bytes = reader_u64(&d->reader);
    count->count = reader_u64(&d->reader);
}

static void get_site(struct decoder *d, struct image_site *site, uint64_t previous) {
    struct reader *r = &d->reader;
    uint64_t node = previous + format_unzigzag(reader_u64(r));
    if (node >= d->image->node_count)
        reader_fail(r, "a call path that is not there");
    site->node = (uint32_t)node;
    site->domain = reader_u32(r);
    site->type = (uint32_t)reader_below(r, d->image->type_count, "a type that is not there");
    get_count(d, &site->current);
    get_count(d, &site->peak);
    get_count(d, &site->total);
    site->temporary = reader_u64(r);
}

static void get_sites(struct decoder *d) {
    struct image *image = d->image;
    uint64_t node = 0;
    image->sites = array(d, &image->site_count, 10, sizeof *image->sites);
    for (uint32_t i = 0; i < image->site_count && !d->reader.problem; i++) {
        get_site(d, &image->sites[i], node);
        node = image->sites[i].node;
    }
}

static void get_cuts(struct decoder *d) {
    for (uint32_t i = 0; i < d->image->site_count && !d->reader.problem; i++) {
        int64_t cut = (int64_t)format_unzigzag(reader_u64(&d->reader));
        if (cut < INT32_MIN || cut > INT32_MAX)
            reader_fail(&d->reader, "an impossible number of frames");
        d->image->sites[i].cut = (int32_t)cut;
    }
}

static void get_blocks(struct decoder *d) {
    struct image *image = d->image;
    struct reader *r = &d->reader;
    uint64_t address = 0, site = 0;
    image->has_blocks = 1;
    image->blocks = array(d, &image->block_count, 3, sizeof *image->blocks);
    for (uint32_t i = 0; i < image->block_count && !r->problem; i++) {
        address += format_unzigzag(reader_u64(r));
        uint64_t size = reader_u64(r);
        site += format_unzigzag(reader_u64(r));
        if (site >= image->site_count)
            reader_fail(r, "a block of a call path that is not there");
        image->blocks[i] = (struct image_block){address, size, (uint32_t)site};
    }
}

static void get_labels(struct decoder *d) {
    struct image *image = d->image;
    image->labels = array(d, &image->label_count, 2, sizeof *image->labels);
    for (uint32_t i = 0; i < image->label_count && !d->reader.problem; i++) {
        image->labels[i].name = text_or_empty(d);
        image->labels[i].value = text_or_empty(d);
    }
}

/* As many figures as this version knows; later ones append. */
static void get_collector(struct decoder *d) {
    uint64_t figures[FORMAT_GC_FIGURES] = {0};
    uint32_t count = reader_count(&d->reader, 1);
    for (uint32_t i = 0; i < count && !d->reader.problem; i++) {
        uint64_t figure = reader_u64(&d->reader);
        if (i < FORMAT_GC_FIGURES)
            figures[i] = figure;
    }
    memcpy(&d->image->gc, figures, sizeof figures);
}

static void get_frame(struct decoder *d, struct image_frame *frame) {
    frame->function = text(d);
    frame->file = text(d);
    frame->line = reader_u32(&d->reader);
    frame->inlined = (uint32_t)reader_below(&d->reader, 2, "a flag that is neither 0 nor 1");
}

static int is_after(const struct image_symbol *a, const struct image_symbol *b) {
    if (a->module != b->module)
        return a->module > b->module;
    return a->ip != b->ip ? a->ip > b->ip : a->exact > b->exact;
}

static void get_symbol(struct decoder *d, struct image_symbol *symbol, uint64_t previous) {
    struct reader *r = &d->reader;
    get_place(d, &symbol->module, &symbol->exact);
    symbol->ip = previous + format_unzigzag(reader_u64(r));
    struct image_frame *frames = array(d, &symbol->frame_count, 4, sizeof *frames);
    for (uint32_t i = 0; i < symbol->frame_count && !r->problem; i++)
        get_frame(d, &frames[i]);
    symbol->frames = frames;
}

static void get_symbols(struct decoder *d) {
    struct image *image = d->image;
    struct reader *r = &d->reader;
    uint64_t ip = 0;
    image->symbols = array(d, &image->symbol_count, 3, sizeof *image->symbols);
    for (uint32_t i = 0; i < image->symbol_count && !r->problem; i++) {
        get_symbol(d, &image->symbols[i], ip);
        ip = image->symbols[i].ip;
        if (i && !is_after(&image->symbols[i], &image->symbols[i - 1]))
            reader_fail(r, "symbols that are not sorted");
    }
}

/* In an order in which every reference points back. */
static const struct section_row {
    enum format_section section;
    void (*get)(struct decoder *d);
} section_rows[FORMAT_SECTIONS] = {
    {FORMAT_STRINGS, get_strings}, {FORMAT_PROCESS, get_process}, {FORMAT_COMMAND, get_command},
    {FORMAT_MODULES, get_modules}, {FORMAT_NODES, get_nodes},     {FORMAT_TYPES, get_types},
    {FORMAT_DOMAINS, get_domains}, {FORMAT_SITES, get_sites},     {FORMAT_CUTS, get_cuts},
    {FORMAT_BLOCKS, get_blocks},   {FORMAT_LABELS, get_labels},   {FORMAT_COLLECTOR, get_collector},
    {FORMAT_SYMBOLS, get_symbols},
};

static size_t section_of(uint32_t tag) {
    size_t i = 0;
    while (i < FORMAT_SECTIONS && format_tags[i] != tag)
        i++;
    return i;
}

static void find_sections(struct decoder *d) {
    struct reader *r = &d->reader;
    while (r->at < r->end && !r->problem) {
        uint32_t tag = (uint32_t)reader_word(r, 4);
        uint64_t size = reader_word(r, 8);
        const uint8_t *at = reader_skip(r, size);
        size_t i = section_of(tag);
        if (r->problem || (i == FORMAT_SECTIONS && FORMAT_IS_OPTIONAL(tag)))
            continue;
        if (i == FORMAT_SECTIONS)
            reader_fail(r, "a section that only a newer version knows");
        else if (d->sections[i].at)
            reader_fail(r, "a section that comes twice");
        else
            d->sections[i] = (struct section){at, r->at};
    }
}

static void get_section(struct decoder *d, const struct section_row *row) {
    const struct section *section = &d->sections[row->section];
    if (!section->at) {
        if (!FORMAT_IS_OPTIONAL(format_tags[row->section]))
            reader_fail(&d->reader, "a section is missing");
        return;
    }
    d->reader.at = section->at;
    d->reader.end = section->end;
    row->get(d);
    if (d->reader.at != d->reader.end)
        reader_fail(&d->reader, "a section that is longer than its contents");
}

static int decode_all(struct decoder *d, struct heapline_error *err) {
    find_sections(d);
    for (size_t i = 0; i < FORMAT_SECTIONS && !d->reader.problem; i++)
        get_section(d, &section_rows[i]);
    if (!d->reader.problem)
        return 0;
    if (d->reader.out_of_memory)
        return error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, d->reader.problem);
    return error_set(err, HEAPLINE_BAD_FILE, 0, "impossible contents", d->reader.problem);
}

struct image *image_decode(const void *bytes, size_t size, struct heapline_error *err) {
    if (envelope_check(bytes, size, err))
        return NULL;
    struct pool pool = {0};
    struct decoder d = {.image = pool_alloc(&pool, sizeof *d.image)};
    if (!d.image) {
        error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "not enough memory to read the snapshot");
        return NULL;
    }
    d.image->pool = pool;
    d.reader = (struct reader){.at = (const uint8_t *)bytes + FORMAT_HEADER,
                               .end = (const uint8_t *)bytes + size,
                               .pool = &d.image->pool};
    if (!decode_all(&d, err))
        return d.image;
    image_free(d.image);
    return NULL;
}

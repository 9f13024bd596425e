#include <string.h>
#include "base/buffer.h"
#include "base/crc.h"
#include "base/error.h"
#include "snapshot/format.h"
#include "snapshot/image.h"

#define HASH_POOL (&e->scratch)
#include "base/hash.h"

/* Texts are written once each, as they are met; a reference is 1 + their place, 0 is NULL. */
struct known_text {
    UT_hash_handle hh; /* its key is the text */
    uint64_t reference;
};
struct encoder {
    const struct image *image;
    struct buffer *out;
    struct pool scratch;
    struct known_text *texts;
    int failed;
};

static struct known_text *add_text(struct encoder *e, const char *text, size_t size) {
    struct known_text *added = pool_alloc(&e->scratch, sizeof *added);
    if (!added)
        return NULL;
    added->reference = HASH_COUNT(e->texts) + UINT64_C(1);
    HASH_ADD_KEYPTR(hh, e->texts, text, size, added);
    return added->hh.tbl ? added : NULL;
}

static uint64_t reference(struct encoder *e, const char *text) {
    if (!text || e->failed)
        return 0;
    size_t size = strlen(text);
    struct known_text *known = NULL;
    HASH_FIND(hh, e->texts, text, size, known);
    if (!known)
        known = add_text(e, text, size);
    e->failed |= !known;
    return known ? known->reference : 0;
}

static void number(struct encoder *e, uint64_t value) {
    buffer_varint(e->out, value);
}

static void text(struct encoder *e, const char *text) {
    number(e, reference(e, text));
}

static void put_strings(struct encoder *e) {
    number(e, HASH_COUNT(e->texts));
    for (const struct known_text *text = e->texts; text; text = text->hh.next) {
        number(e, text->hh.keylen);
        buffer_append(e->out, text->hh.key, text->hh.keylen);
    }
}

static void put_process(struct encoder *e) {
    number(e, FORMAT_FIELDS);
    for (size_t i = 0; i < FORMAT_FIELDS; i++) {
        const void *field = (const char *)e->image + format_fields[i].offset;
        switch (format_fields[i].kind) {
        case FORMAT_U32:
            number(e, *(const uint32_t *)field);
            break;
        case FORMAT_U64:
            number(e, *(const uint64_t *)field);
            break;
        default:
            text(e, *(const char *const *)field);
        }
    }
}

static void put_command(struct encoder *e) {
    number(e, e->image->command_count);
    for (uint32_t i = 0; i < e->image->command_count; i++)
        text(e, e->image->command[i]);
}

static void put_modules(struct encoder *e) {
    number(e, e->image->module_count);
    for (uint32_t i = 0; i < e->image->module_count; i++) {
        const struct image_module *module = &e->image->modules[i];
        text(e, module->path);
        number(e, module->start);
        number(e, module->end - module->start);
        number(e, module->bias);
        number(e, module->flags);
        number(e, module->build_id_size);
        buffer_append(e->out, module->build_id, module->build_id_size);
    }
}

/* The root and <not recorded> are the same in every image and are left out. */
static void put_nodes(struct encoder *e) {
    uint64_t previous = 0;
    number(e, e->image->node_count);
    for (uint32_t i = 2; i < e->image->node_count; i++) {
        const struct image_node *node = &e->image->nodes[i];
        number(e, (uint64_t)node->module << 1 | node->exact);
        number(e, i - node->parent);
        number(e, format_zigzag(node->ip - previous));
        previous = node->ip;
    }
}

static void put_types(struct encoder *e) {
    number(e, e->image->type_count);
    for (uint32_t i = 0; i < e->image->type_count; i++)
        text(e, e->image->types[i]);
}

static void put_domains(struct encoder *e) {
    number(e, e->image->domain_count);
    for (uint32_t i = 0; i < e->image->domain_count; i++) {
        number(e, e->image->domain_ids[i]);
        text(e, e->image->domain_names[i]);
    }
}

static void put_count(struct encoder *e, const struct heapline_count *count) {
    number(e, count->bytes);
    number(e, count->count);
}

static void put_sites(struct encoder *e) {
    uint64_t previous = 0;
    number(e, e->image->site_count);
    for (uint32_t i = 0; i < e->image->site_count; i++) {
        const struct image_site *site = &e->image->sites[i];
        number(e, format_zigzag(site->node - previous));
        number(e, site->domain);
        number(e, site->type);
        put_count(e, &site->current);
        put_count(e, &site->peak);
        put_count(e, &site->total);
        number(e, site->temporary);
        previous = site->node;
    }
}

static void put_frame(struct encoder *e, const struct image_frame *frame) {
    text(e, frame->function);
    text(e, frame->file);
    number(e, frame->line);
    number(e, frame->inlined);
}

static void put_symbols(struct encoder *e) {
    uint64_t previous = 0;
    number(e, e->image->symbol_count);
    for (uint32_t i = 0; i < e->image->symbol_count; i++) {
        const struct image_symbol *symbol = &e->image->symbols[i];
        number(e, (uint64_t)symbol->module << 1 | symbol->exact);
        number(e, format_zigzag(symbol->ip - previous));
        number(e, symbol->frame_count);
        for (uint32_t j = 0; j < symbol->frame_count; j++)
            put_frame(e, &symbol->frames[j]);
        previous = symbol->ip;
    }
}

static int has_cuts(const struct image *image) {
    uint32_t i = 0;
    while (i < image->site_count && !image->sites[i].cut)
        i++;
    return i < image->site_count;
}

static void put_cuts(struct encoder *e) {
    uint32_t count = has_cuts(e->image) ? e->image->site_count : 0;
    for (uint32_t i = 0; i < count; i++)
        number(e, format_zigzag((uint64_t)e->image->sites[i].cut));
}

static void put_blocks(struct encoder *e) {
    uint64_t address = 0, site = 0;
    if (!e->image->has_blocks)
        return;
    number(e, e->image->block_count);
    for (uint32_t i = 0; i < e->image->block_count; i++) {
        const struct image_block *block = &e->image->blocks[i];
        number(e, format_zigzag(block->address - address));
        number(e, block->size);
        number(e, format_zigzag(block->site - site));
        address = block->address;
        site = block->site;
    }
}

static void put_labels(struct encoder *e) {
    if (e->image->label_count)
        number(e, e->image->label_count);
    for (uint32_t i = 0; i < e->image->label_count; i++) {
        text(e, e->image->labels[i].name);
        text(e, e->image->labels[i].value);
    }
}

/* Left out where there is no runtime. */
static void put_collector(struct encoder *e) {
    uint64_t figures[FORMAT_GC_FIGURES];
    if (!image_has_gc(e->image))
        return;
    memcpy(figures, &e->image->gc, sizeof figures);
    number(e, FORMAT_GC_FIGURES);
    for (size_t i = 0; i < FORMAT_GC_FIGURES; i++)
        number(e, figures[i]);
}

/* The texts come last: only then are all known. An optional section that puts nothing is left out.
 */
static const struct section_row {
    enum format_section section;
    void (*put)(struct encoder *e);
} section_rows[FORMAT_SECTIONS] = {
    {FORMAT_PROCESS, put_process}, {FORMAT_COMMAND, put_command},     {FORMAT_MODULES, put_modules},
    {FORMAT_NODES, put_nodes},     {FORMAT_TYPES, put_types},         {FORMAT_DOMAINS, put_domains},
    {FORMAT_SITES, put_sites},     {FORMAT_CUTS, put_cuts},           {FORMAT_BLOCKS, put_blocks},
    {FORMAT_LABELS, put_labels},   {FORMAT_COLLECTOR, put_collector}, {FORMAT_SYMBOLS, put_symbols},
    {FORMAT_STRINGS, put_strings},
};

static void patch(struct buffer *out, size_t at, uint64_t value, size_t size) {
    for (size_t i = 0; i < size && !out->failed; i++)
        out->bytes[at + i] = (uint8_t)(value >> 8 * i);
}

static void put_section(struct encoder *e, const struct section_row *row) {
    uint32_t tag = format_tags[row->section];
    size_t start = e->out->size;
    buffer_u32(e->out, tag);
    buffer_u64(e->out, 0);
    size_t contents = e->out->size;
    row->put(e);
    if (e->out->size == contents && FORMAT_IS_OPTIONAL(tag))
        e->out->size = start;
    else
        patch(e->out, contents - 8, e->out->size - contents, 8);
}

static void put_header(struct buffer *out) {
    buffer_append(out, FORMAT_MAGIC, FORMAT_AT_VERSION);
    buffer_u32(out, FORMAT_VERSION);
    buffer_u32(out, 0);
    buffer_u64(out, 0);
    buffer_u32(out, 0);
}

static void complete_header(struct buffer *out) {
    if (out->failed)
        return;
    patch(out, FORMAT_AT_SIZE, out->size - FORMAT_HEADER, 8);
    uint32_t crc = crc_update(0, out->bytes, FORMAT_AT_CRC);
    crc = crc_update(crc, out->bytes + FORMAT_HEADER, out->size - FORMAT_HEADER);
    patch(out, FORMAT_AT_CRC, crc, 4);
}

int image_encode(const struct image *image, struct buffer *out, struct heapline_error *err) {
    struct encoder e = {.image = image, .out = out};
    *out = (struct buffer){0};
    put_header(out);
    for (size_t i = 0; i < FORMAT_SECTIONS; i++)
        put_section(&e, &section_rows[i]);
    complete_header(out);
    pool_fini(&e.scratch);
    if (!out->failed && !e.failed)
        return 0;
    buffer_fini(out);
    return error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "not enough memory to encode the snapshot");
}

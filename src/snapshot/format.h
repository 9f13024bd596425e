/* What encoder and decoder share of the snapshot format, heapline-snapshot(5): a file header, then
 * sections of tag, length and payload. Numbers inside sections are LEB128 varints; those of the
 * file header and the lengths are little-endian words. */
#ifndef SNAPSHOT_FORMAT_H
#define SNAPSHOT_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"

/* Not ASCII, and with both kinds of line end, so that text-mode copies show. */
#define FORMAT_MAGIC "\x89HLS\r\n\x1a\n"
enum { FORMAT_VERSION = 1 };

/* Offsets in the file header. The checksum covers every byte of the file but its own four. */
enum {
    FORMAT_AT_VERSION = 8,
    FORMAT_AT_FLAGS = 12, /* none defined: 0 */
    FORMAT_AT_SIZE = 16,  /* of what follows the header */
    FORMAT_AT_CRC = 24,
    FORMAT_HEADER = 28,
    FORMAT_SECTION_HEADER = 12 /* tag u32, length u64 */
};

#define FORMAT_TAG(a, b, c, d) \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
/* A reader skips a section that it does not know if the tag's first letter is lower case. */
#define FORMAT_IS_OPTIONAL(tag) (((tag)&0x20) != 0)

enum format_section {
    FORMAT_STRINGS,
    FORMAT_PROCESS,
    FORMAT_COMMAND,
    FORMAT_MODULES,
    FORMAT_NODES,
    FORMAT_TYPES,
    FORMAT_DOMAINS,
    FORMAT_SITES,
    FORMAT_SYMBOLS,
    FORMAT_CUTS,
    FORMAT_BLOCKS,
    FORMAT_LABELS,
    FORMAT_COLLECTOR,
    FORMAT_SECTIONS
};
extern const uint32_t format_tags[FORMAT_SECTIONS];

/* The process section: how many fields, then these, each a varint. A reader takes those that it
 * knows; later versions append. FORMAT_TEXT is a string reference. */
enum format_field_kind { FORMAT_U32, FORMAT_U64, FORMAT_TEXT };
struct format_field {
    uint16_t offset; /* in struct image */
    uint8_t kind;
};
enum { FORMAT_FIELDS = 27 };
extern const struct format_field format_fields[FORMAT_FIELDS];

/* The collector section: how many figures, then those of struct arena_gc in their order. */
enum { FORMAT_GC_FIGURES = sizeof(struct arena_gc) / sizeof(uint64_t) };

static inline uint64_t format_zigzag(uint64_t difference) {
    return difference << 1 ^ (0 - (difference >> 63));
}

static inline uint64_t format_unzigzag(uint64_t value) {
    return value >> 1 ^ (0 - (value & 1));
}

#endif

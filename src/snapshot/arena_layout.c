#include "snapshot/arena_layout.h"
#include <string.h>
#include "base/error.h"

enum { MODULE_LIMIT = 1 << 16, ALIGNMENT = 8 };

const struct arena_row arena_rows[ARENA_SEGMENTS] = {
    {ARENA_LEDGERS, sizeof(struct arena_ledger), 0, UINT32_MAX},
    {ARENA_SITES, sizeof(struct arena_site), ARENA_SITE_FIRST + 1, ARENA_SITE_MAX + 1},
    {ARENA_STATS, sizeof(struct arena_stat), ARENA_SITE_FIRST + 1, ARENA_SITE_MAX + 1},
    {ARENA_NODES, sizeof(struct arena_node), ARENA_NODE_NOT_RECORDED + 1, UINT32_MAX},
    {ARENA_MODULES, sizeof(struct arena_module), 1, MODULE_LIMIT},
    {ARENA_TYPES, sizeof(struct arena_type), 1, UINT32_MAX},
    {ARENA_DOMAINS, sizeof(struct arena_domain), 0, UINT32_MAX},
    {ARENA_LABELS, sizeof(struct arena_label), 0, UINT32_MAX},
    {ARENA_STRINGS, 1, 0, UINT32_MAX},
};

int arena_damaged(struct heapline_error *err, const char *problem) {
    return error_set(err, HEAPLINE_BAD_FILE, 0, "damaged arena", problem);
}

int arena_check_header(const struct arena_header *header, uint64_t size,
                       struct heapline_error *err) {
    if (size < sizeof *header || memcmp(header->magic, ARENA_MAGIC, sizeof header->magic) != 0)
        return error_set(err, HEAPLINE_BAD_FILE, 0, NULL, "not a heapline arena");
    if (header->version > ARENA_VERSION)
        return error_set(err, HEAPLINE_NEWER_FILE, 0, NULL,
                         "the arena was made by a newer version of heapline");
    if (!header->version || header->header_size < sizeof *header || header->header_size > size)
        return arena_damaged(err, "impossible header");
    return 0;
}

int arena_check_extent(const struct arena_header *header, const struct arena_row *row,
                       uint64_t used, uint64_t size, struct heapline_error *err) {
    const struct arena_extent *extent = &header->segment[row->segment];
    if (extent->offset < header->header_size || extent->offset > size ||
        extent->offset % ALIGNMENT || extent->capacity > size - extent->offset)
        return arena_damaged(err, "a segment lies outside the file");
    if (used > extent->capacity / row->element || used < row->least || used > row->most ||
        extent->first > used)
        return arena_damaged(err, "a segment has an impossible length");
    return 0;
}

/* What both readers of an arena check first, and the order in which they read it. */
#ifndef SNAPSHOT_ARENA_LAYOUT_H
#define SNAPSHOT_ARENA_LAYOUT_H

#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "heapline.h"

/* In the order in which elements refer to each other, so that whatever an element of one segment
 * names is within the `used` of another that was read after it. */
struct arena_row {
    enum arena_segment segment;
    size_t element;
    uint64_t least, most; /* how many there can be */
};
extern const struct arena_row arena_rows[ARENA_SEGMENTS];

/* Magic, version and size; `size` is the file's. 0, or -1 with `err` set. */
int arena_check_header(const struct arena_header *header, uint64_t size,
                       struct heapline_error *err);
/* Whether `used` elements of the row's segment are possible and lie within `size` bytes. */
int arena_check_extent(const struct arena_header *header, const struct arena_row *row,
                       uint64_t used, uint64_t size, struct heapline_error *err);
/* "damaged arena: PROBLEM"; -1. */
int arena_damaged(struct heapline_error *err, const char *problem);

#endif

/* An arena that is being read into an image: arena_read.c, and arena_view.c for what is named. The
 * owner's counters may change while they are read: each is read once, in one piece. */
#ifndef SNAPSHOT_ARENA_VIEW_H
#define SNAPSHOT_ARENA_VIEW_H

#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "snapshot/image.h"

#define LOAD(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)

struct arena_view {
    const char *base;
    size_t size;
    const struct arena_header *header;
    const struct arena_node *nodes;
    const struct arena_site *sites;
    const struct arena_stat *stats;
    const struct arena_ledger *ledgers;
    const struct arena_module *modules;
    const char *strings;
    const struct arena_type *types;
    const struct arena_domain *domains;
    const struct arena_label *labels;
    uint64_t used[ARENA_SEGMENTS];
    uint32_t first_site;
    const struct image_block *blocks; /* NULL: not asked for */
    uint32_t block_count;
    struct image *image;
    struct heapline_error *err;
};

/* Both set the error and return -1. */
int arena_view_damaged(struct arena_view *v, const char *problem);
int arena_view_no_memory(struct arena_view *v);
/* A copy of a text, which lives as long as the image. */
int arena_view_text(struct arena_view *v, const char **to, uint32_t offset, uint32_t size);
/* The image's types, domains and labels. */
int arena_view_names(struct arena_view *v);

#endif

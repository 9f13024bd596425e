/* Sites grouped into rows, of one image or of two to be compared.
 *
 * A struct statistics borrows the symbols added to it and the pool, in which the texts of its rows
 * live; only the paths of the rows need the symbols. Rows are matched by what addresses mean, never
 * by addresses. Not thread-safe.
 */
#ifndef ANALYSIS_STATISTICS_H
#define ANALYSIS_STATISTICS_H

#include <stddef.h>
#include <stdint.h>
#include "analysis/filter.h"
#include "analysis/path.h"
#include "analysis/shared_frames.h"
#include "analysis/symbols.h"
#include "analysis/traceback.h"

enum statistics_key { /* the order of the choices of --by */
                      BY_LINENO,
                      BY_FUNCTION,
                      BY_FILENAME,
                      BY_MODULE,
                      BY_TRACEBACK,
                      BY_DOMAIN,
                      BY_TYPE,
                      BY_TYPE_LINENO
};
enum statistics_field { /* the order of the choices of --sort */
                        SORT_CURRENT,
                        SORT_PEAK,
                        SORT_TOTAL,
                        SORT_COUNT,
                        SORT_TEMPORARY
};
enum statistics_side { SIDE_NEW, SIDE_OLD, SIDES };

struct amounts {
    struct heapline_count current, peak, total;
    uint64_t temporary;
};

struct statistics_row {
    uint32_t key;     /* in `keys`; but for tracebacks one frame or name */
    const char *name; /* the key's value for function, module, domain, type (and line); else NULL */
    /* what the key fixes, or what all allocations of a line or traceback row share; NULL and -1
     * where they do not */
    const char *file, *function, *module, *type;
    int64_t line, domain;
    struct amounts side[SIDES];
    struct path path;  /* the heaviest of the call paths, from the frame that answers for it */
    uint64_t heaviest; /* its weight */
    uint32_t paths;    /* how many were merged */
};

struct statistics_options {
    enum statistics_key by;
    enum statistics_field sort;
    int cumulative; /* every frame of a path counts, as often as it occurs */
    enum blame blame;
    const struct filter *filters;
    size_t filter_count;
};

struct statistics_source { /* one image */
    struct shared_frames frames;
    uint32_t *node_row; /* [node]: row + 1 of its sites, where no more than the node decides it */
    const char **types; /* [type]: its name as it is shown */
};

struct statistics {
    struct statistics_options options;
    struct statistics_row *rows; /* in the order in which they were met */
    uint32_t *order;             /* their sorted order, after statistics_sort */
    size_t count, capacity;
    int is_diff;
    struct intern texts;
    struct statistics_source sources[SIDES];
    struct tracebacks keys;
    uint32_t *key_row; /* [key]: row + 1 */
    uint32_t key_capacity;
    int failed;
};

/* -1, HEAPLINE_BAD_ARGUMENT: the key cannot be cumulative. */
int statistics_init(struct statistics *s, const struct statistics_options *options,
                    struct pool *pool, struct heapline_error *err);
/* Sites of the symbols' image, all or some. Adding SIDE_OLD makes it a comparison. All adding, once
 * for each side, comes before any sorting. */
int statistics_add(struct statistics *s, struct symbols *symbols, const struct image_site *sites,
                   uint32_t site_count, enum statistics_side side, struct heapline_error *err);
/* The i-th of the sorted rows. */
static inline const struct statistics_row *statistics_sorted(const struct statistics *s, size_t i) {
    return &s->rows[s->order[i]];
}
void statistics_fini(struct statistics *s);

#endif

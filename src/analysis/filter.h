/* Which traces a report is about: rules `[-]GLOB[:LINE]`, `[-]domain=N` and `[-]type=GLOB`,
 * combined as tracemalloc does: any of the inclusive rules (if there are some) and none of the
 * exclusive ones.
 *
 * A struct filter borrows the text of its rule. Matching is pure but for resolving symbols.
 */
#ifndef ANALYSIS_FILTER_H
#define ANALYSIS_FILTER_H

#include <stddef.h>
#include <stdint.h>
#include "analysis/path.h"
#include "heapline.h"

/* What stands for no type. */
#define FILTER_UNTYPED "(untyped)"

struct filter {
    const char *pattern; /* NULL: any file; not NUL-terminated */
    size_t pattern_size;
    const char *type; /* a glob; NULL: any */
    int64_t domain;   /* -1: any */
    int64_t line;     /* -1: any */
    int inclusive, all_frames;
};

/* -1 and HEAPLINE_BAD_ARGUMENT for a rule that means nothing. */
int filter_parse(struct filter *filter, const char *rule, struct heapline_error *err);
/* 1: the allocations of the domain and type (NULL: none) at the path pass all `count` filters. */
int filter_accepts(const struct filter *filters, size_t count, uint32_t domain, const char *type,
                   struct path path);

#endif

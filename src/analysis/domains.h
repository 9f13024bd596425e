/* The domains of an image, each with its totals. */
#ifndef ANALYSIS_DOMAINS_H
#define ANALYSIS_DOMAINS_H

#include <stddef.h>
#include "snapshot/image.h"

struct domain {
    uint32_t id;
    const char *name;              /* the image's; NULL: it has none */
    struct heapline_totals totals; /* current, peak and total */
};

/* The names of those that heapline itself counts in; NULL for others. */
const char *domain_own_name(uint32_t id);

/* Malloc's, those that have a name, and those that have sites, by number. The caller's, to be freed
 * with free(). NULL: no memory. */
struct domain *domains_of(const struct image *image, size_t *count);

#endif

#include "analysis/domains.h"
#include <stdlib.h>

const char *domain_own_name(uint32_t id) {
    if (id == HEAPLINE_DOMAIN_MALLOC)
        return "malloc";
    return id == HEAPLINE_DOMAIN_OBJECTS ? "objects" : NULL;
}

static int compare(const void *a, const void *b) {
    const struct domain *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static struct domain *find(struct domain *all, size_t count, uint32_t id) {
    struct domain wanted = {.id = id};
    return bsearch(&wanted, all, count, sizeof *all, compare);
}

/* Sorts them and leaves one of each. */
static size_t unite(struct domain *all, size_t count) {
    size_t kept = 0;
    qsort(all, count, sizeof *all, compare);
    for (size_t i = 0; i < count; i++)
        if (!kept || all[kept - 1].id != all[i].id)
            all[kept++] = all[i];
    return kept;
}

/* Sites of one domain mostly follow each other. */
static size_t list(struct domain *all, const struct image *image) {
    size_t count = 0;
    all[count++].id = HEAPLINE_DOMAIN_MALLOC;
    for (uint32_t i = 0; i < image->domain_count; i++)
        all[count++].id = image->domain_ids[i];
    for (uint32_t i = 0; i < image->site_count; i++)
        if (all[count - 1].id != image->sites[i].domain)
            all[count++].id = image->sites[i].domain;
    return unite(all, count);
}

static void add(struct heapline_count *to, const struct heapline_count *from) {
    to->bytes += from->bytes;
    to->count += from->count;
}

static void sum_up(struct domain *all, size_t count, const struct image *image) {
    for (uint32_t i = 0; i < image->site_count; i++) {
        const struct image_site *site = &image->sites[i];
        struct heapline_totals *to = &find(all, count, site->domain)->totals;
        add(&to->current, &site->current);
        add(&to->peak, &site->peak);
        add(&to->total, &site->total);
    }
}

struct domain *domains_of(const struct image *image, size_t *count) {
    size_t most = 1 + (size_t)image->domain_count + image->site_count;
    struct domain *all = calloc(most, sizeof *all);
    if (!all)
        return NULL;
    *count = list(all, image);
    for (size_t i = 0; i < *count; i++)
        all[i].name = domain_own_name(all[i].id);
    for (uint32_t i = 0; i < image->domain_count; i++)
        find(all, *count, image->domain_ids[i])->name = image->domain_names[i];
    sum_up(all, *count, image);
    return all;
}

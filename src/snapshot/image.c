#include "snapshot/image.h"

#include <string.h>

/* The image itself lies in its pool. */
void image_free(struct image *image) {
    if (!image)
        return;
    struct pool pool = image->pool;
    pool_fini(&pool);
}

static void add_count(struct heapline_count *to, const struct heapline_count *from) {
    to->bytes += from->bytes;
    to->count += from->count;
}

void image_totals(const struct image *image, int any_domain, uint32_t domain,
                  struct heapline_totals *out) {
    *out = (struct heapline_totals){.frees = image->frees, .failed = image->failed};
    for (uint32_t i = 0; i < image->site_count; i++) {
        const struct image_site *site = &image->sites[i];
        if (!any_domain && site->domain != domain)
            continue;
        add_count(&out->current, &site->current);
        add_count(&out->peak, &site->peak);
        add_count(&out->total, &site->total);
        out->temporary += site->temporary;
    }
    if (any_domain)
        return;
    out->frees = out->total.count - out->current.count;
    if (domain != HEAPLINE_DOMAIN_MALLOC)
        out->failed = 0;
}

int image_has_gc(const struct image *image) {
    static const struct arena_gc none;
    return memcmp(&image->gc, &none, sizeof none) != 0;
}

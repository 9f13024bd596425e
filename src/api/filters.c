/* heapline_snapshot_filter_traces. */
#include <stdlib.h>
#include <string.h>
#include "analysis/filter.h"
#include "api/pause.h"
#include "api/snapshot.h"
#include "base/error.h"

static int translate(const struct heapline_filter *from, struct filter *to,
                     struct heapline_error *err) {
    static const char call[] = "heapline_snapshot_filter_traces";
    if (from->domain < -1 || from->domain > UINT32_MAX)
        return snapshot_refuse(err, call, "a domain that cannot be"), -1;
    if (from->lineno < -1)
        return snapshot_refuse(err, call, "a line that cannot be"), -1;
    *to = (struct filter){.pattern = from->filename_pattern,
                          .domain = from->domain,
                          .line = from->lineno,
                          .inclusive = from->inclusive != 0,
                          .all_frames = from->all_frames != 0};
    if (to->pattern)
        to->pattern_size = strlen(to->pattern);
    return 0;
}

static struct filter *translate_all(const struct heapline_filter *from, size_t n,
                                    struct heapline_error *err) {
    struct filter *filters = calloc(n + 1, sizeof *filters);
    if (!filters)
        error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "no memory for the filters");
    for (size_t i = 0; filters && i < n; i++) {
        if (translate(&from[i], &filters[i], err)) {
            free(filters);
            return NULL;
        }
    }
    return filters;
}

/* The blocks of the sites that stay; `kept` has 1 + the new index of those. */
static void keep_blocks(struct heapline_snapshot *to, const struct image *from,
                        const uint32_t *kept) {
    to->view.block_count = 0;
    for (uint32_t i = 0; i < from->block_count; i++) {
        struct image_block block = from->blocks[i];
        if (!kept[block.site])
            continue;
        block.site = kept[block.site] - 1;
        to->view.blocks[to->view.block_count++] = block;
    }
}

static void keep_sites(struct heapline_snapshot *to, const struct image *from,
                       struct symbols *symbols, const struct filter *filters, size_t n,
                       uint32_t *kept) {
    to->view.site_count = 0;
    for (uint32_t i = 0; i < from->site_count; i++) {
        const struct image_site *site = &from->sites[i];
        struct path path = path_blame(symbols, site->node, BLAME_DEFAULT);
        if (!filter_accepts(filters, n, site->domain, NULL, path))
            continue;
        to->view.sites[to->view.site_count++] = *site;
        kept[i] = to->view.site_count;
    }
    keep_blocks(to, from, kept);
}

static int apply(struct heapline_snapshot *to, const struct heapline_snapshot *s,
                 const struct filter *filters, size_t n, struct heapline_error *err) {
    const struct image *from = &s->view;
    uint32_t *kept = calloc((size_t)from->site_count + 1, sizeof *kept);
    to->view = *from;
    to->is_filtered = 1;
    to->view.sites = pool_array(&to->pool, from->site_count, sizeof *from->sites);
    to->view.blocks = pool_array(&to->pool, from->block_count, sizeof *from->blocks);
    source_lock(s->source, NULL);
    struct symbols *symbols = source_symbols(s->source, NULL);
    int failed = !kept || !to->view.sites || !to->view.blocks || !symbols;
    if (!failed) {
        keep_sites(to, from, symbols, filters, n, kept);
        failed = symbols_failed(symbols);
    }
    source_unlock(s->source, NULL);
    free(kept);
    return failed ? error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "no memory to filter") : 0;
}

struct heapline_snapshot *heapline_snapshot_filter_traces(const struct heapline_snapshot *s,
                                                          const struct heapline_filter *filters,
                                                          size_t n, struct heapline_error *err) {
    PAUSE_TRACING();
    if (n && !filters)
        return snapshot_refuse(err, __func__, "no filters");
    if (snapshot_read(s, __func__, err))
        return NULL;
    struct filter *translated = translate_all(filters, n, err);
    struct heapline_snapshot *result = translated ? snapshot_derive(s, err) : NULL;
    if (result && apply(result, s, translated, n, err)) {
        heapline_snapshot_free(result);
        result = NULL;
    }
    free(translated);
    return result;
}

#include "analysis/report.h"
#include <stdlib.h>
#include <string.h>
#include "analysis/report_rows.h"
#include "analysis/row_order.h"
#include "base/error.h"

static const char *const key_names[] = {
    [BY_LINENO] = "lineno", [BY_FUNCTION] = "function",       [BY_FILENAME] = "filename",
    [BY_MODULE] = "module", [BY_TRACEBACK] = "traceback",     [BY_DOMAIN] = "domain",
    [BY_TYPE] = "type",     [BY_TYPE_LINENO] = "type-lineno",
};

static const char *const field_names[] = {
    [SORT_CURRENT] = "current", [SORT_PEAK] = "peak",           [SORT_TOTAL] = "total",
    [SORT_COUNT] = "count",     [SORT_TEMPORARY] = "temporary",
};

const char *report_key_name(enum statistics_key key) {
    return key_names[key];
}

const char *report_field_name(enum statistics_field field) {
    return field_names[field];
}

static struct filter *parse_filters(const struct report_options *o, struct heapline_error *err) {
    struct filter *filters = calloc(o->filter_count + 1, sizeof *filters);
    if (!filters)
        error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "no memory for the filters");
    for (size_t i = 0; filters && i < o->filter_count; i++) {
        if (filter_parse(&filters[i], o->filters[i], err)) {
            free(filters);
            return NULL;
        }
        filters[i].all_frames = o->all_frames;
    }
    return filters;
}

/* Call paths that will be printed, so that no progress shows between rows. */
static void resolve_paths(const struct report_rows *rows) {
    const struct symbols_options *symbols = &rows->options->symbols;
    int has_paths = rows->options->verbose || rows->options->by == BY_TRACEBACK;
    for (size_t i = 0; has_paths && i < report_rows_shown(rows); i++) {
        struct path path = statistics_sorted(&rows->statistics, i)->path;
        while (path_next(&path))
            continue;
    }
    if (symbols->progress)
        symbols->progress(symbols->progress_context, 0, 0);
}

static void print_rows(FILE *out, const struct report_rows *rows) {
    static void (*const printers[])(FILE *, const struct report_rows *) = {
        [REPORT_TEXT] = report_rows_text,
        [REPORT_JSON] = report_rows_json,
        [REPORT_CSV] = report_rows_csv,
    };
    printers[rows->options->format](out, rows);
}

/* images[SIDE_OLD] is NULL where nothing is compared. */
static int add_images(struct report_rows *rows, const struct image *const *images,
                      struct symbol_cache *files, struct intern *texts,
                      struct heapline_error *err) {
    struct symbols_options options = rows->options->symbols;
    if (!options.files)
        options.files = files;
    for (int side = 0; side < SIDES; side++) {
        if (!images[side])
            continue;
        const struct image *image = images[side];
        rows->symbols[side] = symbols_new(image, texts, &options, err);
        if (!rows->symbols[side] || statistics_add(&rows->statistics, rows->symbols[side],
                                                   image->sites, image->site_count, side, err))
            return -1;
    }
    return 0;
}

static int print_report(FILE *out, const struct image *const *images,
                        const struct report_options *o, struct heapline_error *err) {
    struct pool pool = {0};
    struct symbol_cache files = {0};
    struct intern texts;
    struct filter *filters = parse_filters(o, err);
    if (!filters)
        return -1;
    struct report_rows rows = {.options = o};
    struct statistics_options grouping = {.by = o->by,
                                          .sort = o->sort,
                                          .cumulative = o->cumulative,
                                          .blame = o->blame,
                                          .filters = filters,
                                          .filter_count = o->filter_count};
    intern_init(&texts, &pool);
    int result = statistics_init(&rows.statistics, &grouping, &pool, err);
    if (!result)
        result = add_images(&rows, images, &files, &texts, err);
    if (!result)
        result = statistics_sort(&rows.statistics, err);
    if (!result) {
        resolve_paths(&rows);
        print_rows(out, &rows);
    }
    statistics_fini(&rows.statistics);
    symbols_free(rows.symbols[SIDE_NEW]);
    symbols_free(rows.symbols[SIDE_OLD]);
    symbol_cache_fini(&files);
    intern_fini(&texts);
    pool_fini(&pool);
    free(filters);
    return result;
}

int report_print_top(FILE *out, const struct image *image, const struct report_options *o,
                     struct heapline_error *err) {
    const struct image *images[SIDES] = {[SIDE_NEW] = image};
    return print_report(out, images, o, err);
}

int report_print_diff(FILE *out, const struct image *old, const struct image *new,
                      const struct report_options *o, struct heapline_error *err) {
    const struct image *images[SIDES] = {[SIDE_NEW] = new, [SIDE_OLD] = old};
    return print_report(out, images, o, err);
}

size_t report_rows_shown(const struct report_rows *rows) {
    size_t limit = rows->options->limit, count = rows->statistics.count;
    return limit && limit < count ? limit : count;
}

const struct symbol_frame *report_next_frame(const struct report_rows *rows, struct path *path) {
    size_t limit = rows->options->frames;
    const struct symbol_frame *frame = path_next(path);
    if (!limit || path->steps <= limit)
        return frame;
    while (path_next(path))
        continue;
    return NULL;
}

static int has_problem(const struct symbols *symbols, const struct report_problem *p) {
    const char *module, *problem;
    for (uint32_t at = 0; symbols_next_problem(symbols, &at, &module, &problem);)
        if (!strcmp(module, p->module) && !strcmp(problem, p->problem))
            return 1;
    return 0;
}

int report_next_problem(const struct report_rows *rows, struct report_problem *p) {
    for (; p->side < SIDES; p->side++, p->at = 0)
        while (rows->symbols[p->side] &&
               symbols_next_problem(rows->symbols[p->side], &p->at, &p->module, &p->problem))
            if (p->side == SIDE_NEW || !has_problem(rows->symbols[SIDE_NEW], p))
                return 1;
    return 0;
}

#include <stdlib.h>
#include "kept_symbols.h"
#include "rows_options.h"

enum { ROWS_DEFAULT = 10 };

int rows_options_check(const struct rows_options *o) {
    if (o->json && o->csv)
        return complain(EXIT_USAGE, "--json", "cannot go with --csv (choose one)");
    return EXIT_OK;
}

struct report_options rows_options_report(struct rows_options *o) {
    int is_text = !o->json && !o->csv;
    kept_symbols_init(&o->symbols);
    return (struct report_options){
        .format = o->json  ? REPORT_JSON
                  : o->csv ? REPORT_CSV
                           : REPORT_TEXT,
        .by = (enum statistics_key)o->by,
        .sort = (enum statistics_field)o->sort,
        .blame = (enum blame)o->blame,
        .cumulative = o->cumulative,
        .all_frames = o->all_frames,
        .verbose = o->verbose,
        .limit = o->limit >= 0 ? (size_t)o->limit
                 : is_text     ? ROWS_DEFAULT
                               : 0,
        .frames = (size_t)o->frames,
        .filters = o->filters.items,
        .filter_count = o->filters.count,
        .symbols = {.files = &o->symbols,
                    .wrappers = {o->wrappers.items, o->wrappers.count},
                    .debuginfod = o->debuginfod,
                    .progress = progress_show,
                    .progress_context = &o->progress},
    };
}

void rows_options_fini(struct rows_options *o) {
    kept_symbols_fini(&o->symbols);
    free(o->filters.items);
    free(o->wrappers.items);
}

/* What the commands print: the rows of one snapshot or of the difference of two, and the facts
 * about a snapshot; as text, JSON or CSV.
 *
 * All options are borrowed; zeroed, they are the defaults. Results are 0, or -1 with `err` set
 * (HEAPLINE_BAD_ARGUMENT: the options make no sense, HEAPLINE_NO_MEMORY). Whether the stream took
 * what was written is for its owner to ask. Not thread-safe for one stream.
 */
#ifndef ANALYSIS_REPORT_H
#define ANALYSIS_REPORT_H

#include <stdio.h>
#include "analysis/statistics.h"
#include "snapshot/image.h"

enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_CSV };

struct report_options {
    enum report_format format;
    enum statistics_key by;
    enum statistics_field sort;
    enum blame blame;
    int cumulative, all_frames, verbose;
    size_t limit;               /* rows; 0: all */
    size_t frames;              /* of each call path in JSON and CSV, innermost first; 0: all */
    const char *const *filters; /* rules, see filter.h */
    size_t filter_count;
    struct symbols_options symbols;
};

/* The rows of an image (`heapline top`, and `heapline run` at its end with limit and REPORT_TEXT).
 */
int report_print_top(FILE *out, const struct image *image, const struct report_options *o,
                     struct heapline_error *err);
int report_print_diff(FILE *out, const struct image *old, const struct image *new,
                      const struct report_options *o, struct heapline_error *err);
/* REPORT_TEXT or REPORT_JSON. */
void report_print_info(FILE *out, const struct image *image, enum report_format format);

/* One line, "not seen: 3 events, ...", when something was not seen; else nothing. */
void report_print_not_seen(FILE *out, const struct image *image);

#endif

/* Inside the reports: rows ready to be printed, and one printer for each format. The caller of a
 * printer owns the stream; nothing here is kept. Not thread-safe.
 */
#ifndef ANALYSIS_REPORT_ROWS_H
#define ANALYSIS_REPORT_ROWS_H

#include <stdio.h>
#include "analysis/json.h"
#include "analysis/report.h"

struct report_rows {
    const struct report_options *options;
    struct statistics statistics;
    struct symbols *symbols[SIDES]; /* SIDE_OLD: NULL unless it is a comparison */
};

void report_rows_text(FILE *out, const struct report_rows *rows);
void report_rows_json(FILE *out, const struct report_rows *rows);
void report_rows_csv(FILE *out, const struct report_rows *rows);

/* How many rows are printed. */
size_t report_rows_shown(const struct report_rows *rows);
/* The names of --by and --sort. */
const char *report_key_name(enum statistics_key key);
const char *report_field_name(enum statistics_field field);

/* Steps through the frames of a row that JSON and CSV show; then NULL, and path->steps is how many
 * there are in all. */
const struct symbol_frame *report_next_frame(const struct report_rows *rows, struct path *path);
/* Why lines are missing, each module's reason once. Begin with {0}; 0 at the end. */
struct report_problem {
    int side;
    uint32_t at;
    const char *module, *problem;
};
int report_next_problem(const struct report_rows *rows, struct report_problem *p);

/* Parts that the reports share. */
void report_json_count(struct json *j, const char *key, const struct heapline_count *count);
void report_json_not_seen(struct json *j, const char *key, const struct image *image);
/* Of runtimes with a garbage collector. */
void report_json_gc(struct json *j, const struct image *image);
void report_put_gc(FILE *out, const struct image *image);
/* report_print_not_seen for a comparison: what is true of one snapshot alone begins with OLD or
 * NEW.
 */
void report_put_not_seen_of_both(FILE *out, const struct image *old, const struct image *new);
/* `s` with control characters as \xNN: a file name must not move the cursor. */
void report_put_text(FILE *out, const char *s);

#endif

/* Comma-separated values, RFC 4180 but for the line ends: a header, then one line a row. */
#include <inttypes.h>
#include <string.h>
#include "analysis/report_rows.h"

static void put_text(FILE *out, const char *text) {
    if (!text)
        return;
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    putc('"', out);
    for (; *text; text++)
        fprintf(out, *text == '"' ? "\"\"" : "%c", *text);
    putc('"', out);
}

static void put_optional(FILE *out, int64_t value) {
    if (value >= 0)
        fprintf(out, ",%" PRId64, value);
    else
        putc(',', out);
}

static void put_count(FILE *out, const struct heapline_count *count) {
    fprintf(out, ",%" PRIu64 ",%" PRIu64, count->bytes, count->count);
}

static void put_difference(FILE *out, const struct heapline_count *new,
                           const struct heapline_count *old) {
    fprintf(out, ",%" PRId64 ",%" PRId64, (int64_t)(new->bytes - old->bytes),
            (int64_t)(new->count - old->count));
}

static void put_amounts(FILE *out, const struct statistics_row *row, int is_diff) {
    const struct amounts *new = &row->side[SIDE_NEW], *old = &row->side[SIDE_OLD];
    put_count(out, &new->current);
    put_count(out, &new->peak);
    put_count(out, &new->total);
    fprintf(out, ",%" PRIu64, new->temporary);
    if (!is_diff)
        return;
    put_difference(out, &new->current, &old->current);
    put_difference(out, &new->peak, &old->peak);
    put_difference(out, &new->total, &old->total);
    fprintf(out, ",%" PRId64, (int64_t)(new->temporary - old->temporary));
}

/* One field: FILE:LINE of each frame, innermost first, a line each; then how many there are. */
static void put_frames(FILE *out, const struct report_rows *rows, struct path path) {
    fputs(",\"", out);
    const struct symbol_frame *frame = report_next_frame(rows, &path);
    for (int first = 1; frame; frame = report_next_frame(rows, &path), first = 0) {
        fputs(first ? "" : "\n", out);
        for (const char *c = frame->file; *c; c++)
            fprintf(out, *c == '"' ? "\"\"" : "%c", *c);
        fprintf(out, ":%u", frame->line);
    }
    fprintf(out, "\",%" PRIu32, path.steps);
}

static void put_row(FILE *out, const struct report_rows *rows, const struct statistics_row *row) {
    put_text(out, row->file);
    put_optional(out, row->line);
    putc(',', out);
    put_text(out, row->function);
    putc(',', out);
    put_text(out, row->module);
    put_optional(out, row->domain);
    putc(',', out);
    put_text(out, row->type);
    put_amounts(out, row, rows->statistics.is_diff);
    if (rows->options->by == BY_TRACEBACK)
        put_frames(out, rows, row->path);
    putc('\n', out);
}

void report_rows_csv(FILE *out, const struct report_rows *rows) {
    fputs("file,line,function,module,domain,type,current_bytes,current_count,peak_bytes,"
          "peak_count,total_bytes,total_count,temporary",
          out);
    if (rows->statistics.is_diff)
        fputs(",diff_bytes,diff_count,peak_diff_bytes,peak_diff_count,total_diff_bytes,"
              "total_diff_count,temporary_diff",
              out);
    fputs(rows->options->by == BY_TRACEBACK ? ",frames,frames_total\n" : "\n", out);
    for (size_t i = 0; i < report_rows_shown(rows); i++)
        put_row(out, rows, statistics_sorted(&rows->statistics, i));
}

#include "analysis/report_rows.h"
#include "snapshot/notes.h"

void report_json_count(struct json *j, const char *key, const struct heapline_count *count) {
    json_open(j, key, '{');
    json_number(j, "bytes", count->bytes);
    json_number(j, "count", count->count);
    json_close(j, '}');
}

void report_json_not_seen(struct json *j, const char *key, const struct image *image) {
    json_open(j, key, '{');
    json_number(j, "events", image->not_seen_events);
    json_number(j, "truncated_stacks", image->truncated_stacks);
    json_number(j, "guessed_frames", image->guessed_frames);
    json_number(j, "foreign_frees", image->foreign_frees);
    json_number(j, "missed_frees", image->missed_frees);
    json_open(j, "notes", '[');
    for (unsigned note = 0; note < 64; note++)
        if (image->notes >> note & 1 && note_text(note))
            json_text(j, NULL, note_text(note));
    json_close(j, ']');
    json_close(j, '}');
}

static void put_difference(struct json *j, const char *key, const struct heapline_count *new,
                           const struct heapline_count *old) {
    json_open(j, key, '{');
    json_signed(j, "bytes", (int64_t)(new->bytes - old->bytes));
    json_signed(j, "count", (int64_t)(new->count - old->count));
    json_close(j, '}');
}

static void put_frames(struct json *j, const struct report_rows *rows, struct path path) {
    json_open(j, "frames", '[');
    for (const struct symbol_frame *f; (f = report_next_frame(rows, &path));) {
        json_open(j, NULL, '{');
        json_text(j, "file", f->file);
        json_number(j, "line", f->line);
        json_text(j, "function", f->function);
        json_text(j, "module", f->module);
        json_bool(j, "inlined", f->inlined);
        json_close(j, '}');
    }
    json_close(j, ']');
    json_number(j, "frames_total", path.steps);
}

static void put_identity(struct json *j, const struct statistics_row *row) {
    json_text(j, "file", row->file);
    if (row->line >= 0)
        json_signed(j, "line", row->line);
    else
        json_null(j, "line");
    json_text(j, "function", row->function);
    json_text(j, "module", row->module);
    if (row->domain >= 0)
        json_signed(j, "domain", row->domain);
    else
        json_null(j, "domain");
    json_text(j, "type", row->type);
}

static void put_row(struct json *j, const struct report_rows *rows,
                    const struct statistics_row *row) {
    const struct amounts *new = &row->side[SIDE_NEW], *old = &row->side[SIDE_OLD];
    json_open(j, NULL, '{');
    put_identity(j, row);
    report_json_count(j, "current", &new->current);
    report_json_count(j, "peak", &new->peak);
    report_json_count(j, "total", &new->total);
    json_number(j, "temporary", new->temporary);
    if (rows->statistics.is_diff) {
        put_difference(j, "diff", &new->current, &old->current);
        put_difference(j, "peak_diff", &new->peak, &old->peak);
        put_difference(j, "total_diff", &new->total, &old->total);
        json_signed(j, "temporary_diff", (int64_t)(new->temporary - old->temporary));
    }
    if (rows->options->verbose || rows->options->by == BY_TRACEBACK)
        put_frames(j, rows, row->path);
    json_close(j, '}');
}

static void put_problems(struct json *j, const struct report_rows *rows) {
    for (struct report_problem p = {0}; report_next_problem(rows, &p);) {
        json_open(j, NULL, '{');
        json_text(j, "module", p.module);
        json_text(j, "problem", p.problem);
        json_close(j, '}');
    }
}

void report_rows_json(FILE *out, const struct report_rows *rows) {
    const struct report_options *o = rows->options;
    struct json j = {.out = out};
    json_open(&j, NULL, '{');
    json_number(&j, "schema", 1);
    json_text(&j, "by", report_key_name(o->by));
    json_text(&j, "sort", report_field_name(o->sort));
    json_bool(&j, "cumulative", o->cumulative);
    json_texts(&j, "filters", o->filters, o->filter_count);
    json_open(&j, "rows", '[');
    for (size_t i = 0; i < report_rows_shown(rows); i++)
        put_row(&j, rows, statistics_sorted(&rows->statistics, i));
    json_close(&j, ']');
    json_number(&j, "total_rows", rows->statistics.count);
    json_open(&j, "no_lines", '[');
    put_problems(&j, rows);
    json_close(&j, ']');
    report_json_not_seen(&j, "not_seen", symbols_image(rows->symbols[SIDE_NEW]));
    if (rows->statistics.is_diff)
        report_json_not_seen(&j, "old_not_seen", symbols_image(rows->symbols[SIDE_OLD]));
    json_close(&j, '}');
    putc('\n', out);
}

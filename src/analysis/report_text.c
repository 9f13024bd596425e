/* Rows as tracemalloc prints them, and what follows them. */
#include <inttypes.h>
#include <string.h>
#include "analysis/report_rows.h"
#include "analysis/row_order.h"
#include "analysis/row_text.h"
#include "analysis/utf8.h"

void report_put_text(FILE *out, const char *s) {
    for (size_t size = strlen(s), length; size; s += length, size -= length) {
        uint32_t c = utf8_read(s, size, &length);
        int is_control = c < 0x20 || (c >= 0x7f && c < 0xa0);
        for (size_t i = 0; i < length; i++)
            fprintf(out, is_control ? "\\x%02x" : "%c", (uint8_t)s[i]);
    }
}

static void put_label(FILE *out, const struct statistics_row *row) {
    report_put_text(out, row->name ? row->name : row->file);
    if (!row->name)
        fprintf(out, ":%" PRId64, row->line > 0 ? row->line : 0);
}

/* The bytes and blocks that a field is about; `temporary` stands before those of the total. */
static const struct {
    const char *name;
    enum statistics_field pair;
} columns[] = {
    [SORT_CURRENT] = {"size", SORT_CURRENT},  [SORT_PEAK] = {"peak", SORT_PEAK},
    [SORT_TOTAL] = {"total", SORT_TOTAL},     [SORT_COUNT] = {"size", SORT_CURRENT},
    [SORT_TEMPORARY] = {"total", SORT_TOTAL},
};

static void put_amounts(FILE *out, const struct statistics *s, const struct statistics_row *row) {
    enum statistics_field field = s->options.sort;
    const struct amounts *new = &row->side[SIDE_NEW], *old = &row->side[SIDE_OLD];
    struct heapline_count now = statistics_weight(new, columns[field].pair);
    struct heapline_count then = statistics_weight(old, columns[field].pair);
    char buf[2 * ROW_TEXT_MAX];
    struct text t;
    text_init(&t, buf, sizeof buf);
    if (field == SORT_TEMPORARY) {
        row_text_number(&t, "temporary", new->temporary, s->is_diff ? &old->temporary : NULL);
        text_string(&t, ", ");
    }
    row_text_amounts(&t, columns[field].name, &now, s->is_diff ? &then : NULL);
    fputs(buf, out);
}

static void put_frame(FILE *out, const struct symbol_frame *frame) {
    fputs("    ", out);
    if (frame->located && frame->function) {
        report_put_text(out, frame->function);
        fputs(" at ", out);
    }
    report_put_text(out, frame->file);
    if (frame->located)
        fprintf(out, ":%u", frame->line);
    fputs(frame->inlined ? " (inlined)\n" : "\n", out);
}

/* Recursion through one call is one line and a count. */
static void put_path(FILE *out, struct path path) {
    const struct symbol_frame *frame = path_next(&path), *next;
    for (; frame; frame = next) {
        size_t repeats = 0;
        put_frame(out, frame);
        while ((next = path_next(&path)) == frame)
            repeats++;
        if (repeats)
            fprintf(out, "    ... %zu more times\n", repeats);
    }
}

static void put_row(FILE *out, const struct report_rows *rows, const struct statistics_row *row) {
    put_label(out, row);
    fputs(": ", out);
    put_amounts(out, &rows->statistics, row);
    putc('\n', out);
    if (!rows->options->verbose && rows->options->by != BY_TRACEBACK)
        return;
    put_path(out, row->path);
    if (row->paths > 1 && rows->options->by != BY_TRACEBACK)
        fprintf(out, "    (the heaviest of %u call paths)\n", row->paths);
}

/* Which modules lack what: installing a package, say, would help. */
static void put_problems(FILE *out, const struct report_rows *rows) {
    enum { NAMED = 4 };
    struct report_problem p = {0};
    size_t count = 0;
    for (; report_next_problem(rows, &p); count++) {
        if (count >= NAMED)
            continue;
        fputs("no lines for ", out);
        report_put_text(out, p.module);
        fprintf(out, ": %s\n", p.problem);
    }
    if (count > NAMED)
        fprintf(out, "no lines for %zu more modules\n", count - NAMED);
}

/* Rows that have nothing of the field to show are left out: most programs free nearly all. */
static int is_empty(const struct statistics *s, const struct statistics_row *row) {
    int has_count = s->options.sort != SORT_TEMPORARY;
    for (int side = 0; side < SIDES; side++) {
        struct heapline_count weight = statistics_weight(&row->side[side], s->options.sort);
        if (weight.bytes || (has_count && weight.count))
            return 0;
    }
    return 1;
}

static void put_rest(FILE *out, const struct report_rows *rows, size_t shown) {
    size_t rest = rows->statistics.count - shown;
    if (!shown && rest)
        fprintf(out, "nothing to show by %s in %zu row%s (try --sort peak or --sort total)\n",
                report_field_name(rows->options->sort), rest, rest == 1 ? "" : "s");
    else if (!shown)
        fputs("no allocations\n", out);
    else if (rest)
        fprintf(out, "%zu more row%s\n", rest, rest == 1 ? "" : "s");
}

static void put_not_seen(FILE *out, const struct report_rows *rows) {
    const struct image *new = symbols_image(rows->symbols[SIDE_NEW]);
    if (rows->statistics.is_diff)
        report_put_not_seen_of_both(out, symbols_image(rows->symbols[SIDE_OLD]), new);
    else
        report_print_not_seen(out, new);
}

void report_rows_text(FILE *out, const struct report_rows *rows) {
    const struct statistics *s = &rows->statistics;
    size_t limit = report_rows_shown(rows), shown = 0;
    while (shown < limit && !is_empty(s, statistics_sorted(s, shown)))
        put_row(out, rows, statistics_sorted(s, shown++));
    put_rest(out, rows, shown);
    put_problems(out, rows);
    put_not_seen(out, rows);
}

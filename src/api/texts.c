/* Rows, traces and sizes in words, and the order of tracebacks. */
#include <string.h>
#include "analysis/row_text.h"
#include "analysis/size_text.h"
#include "api/frame.h"

static int length_of(const struct text *t) {
    return t->length > INT_MAX ? -1 : (int)t->length;
}

/* The oldest frame speaks for a traceback. */
static int put_place(struct text *t, const struct heapline_traceback *tb) {
    if (tb->nframe <= 0 || !tb->frames)
        return -1;
    text_string(t, frame_file(tb->frames));
    text_string(t, ":");
    text_decimal(t, (uint64_t)frame_line(tb->frames->line));
    return 0;
}

static void put_size(struct text *t, double bytes, int with_sign) {
    char buf[SIZE_TEXT_MAX];
    text_string(t, size_text(buf, bytes, with_sign));
}

int heapline_row_text(const struct heapline_row *row, char *buf, size_t size) {
    struct text t;
    if (!row || (!buf && size))
        return -1;
    text_init(&t, buf, size);
    if (put_place(&t, &row->traceback)) {
        if (!row->name)
            return -1;
        text_string(&t, row->name);
    }
    text_string(&t, ": ");
    struct heapline_count now = {row->size, row->count};
    struct heapline_count then = {now.bytes - (uint64_t)row->size_diff,
                                  now.count - (uint64_t)row->count_diff};
    row_text_amounts(&t, "size", &now, row->is_diff ? &then : NULL);
    return length_of(&t);
}

int heapline_trace_text(const struct heapline_trace *trace, char *buf, size_t size) {
    struct text t;
    if (!trace || (!buf && size))
        return -1;
    text_init(&t, buf, size);
    if (put_place(&t, &trace->traceback))
        return -1;
    text_string(&t, ": ");
    put_size(&t, (double)trace->current.bytes, 0);
    return length_of(&t);
}

int heapline_size_text(double bytes, int with_sign, char *buf, size_t size) {
    struct text t;
    if (!buf && size)
        return -1;
    text_init(&t, buf, size);
    put_size(&t, bytes, with_sign);
    return length_of(&t);
}

static int compare_frames(const struct heapline_frame *a, const struct heapline_frame *b) {
    int files = strcmp(frame_file(a), frame_file(b));
    return files ? files : (a->line > b->line) - (a->line < b->line);
}

int heapline_traceback_compare(const struct heapline_traceback *a,
                               const struct heapline_traceback *b) {
    int a_count = a && a->frames ? a->nframe : 0, b_count = b && b->frames ? b->nframe : 0;
    for (int i = 0; i < a_count && i < b_count; i++) {
        int order = compare_frames(&a->frames[i], &b->frames[i]);
        if (order)
            return order;
    }
    return (a_count > b_count) - (a_count < b_count);
}

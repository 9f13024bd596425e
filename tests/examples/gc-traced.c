/* The objects that there are, by type and by the line that made them. */
#include "gc-example.h"
#include <heapline_snapshot.h>

static struct hgc_object *make_list(struct hgc_runtime *rt, int length) {
    struct hgc_object *list = need(rt, hgc_list_new(rt, NULL, 0));
    for (int i = 0; i < length; i++) {
        struct hgc_object *item = need(rt, hgc_float_new(rt, i));
        done(rt, hgc_list_append(list, item));
        hgc_decref(item);
    }
    return list;
}

static void print_rows(const struct heapline_snapshot *snapshot, int by) {
    struct heapline_rows *rows = heapline_snapshot_statistics(snapshot, by, 0, NULL);
    const struct heapline_row *row;
    size_t count = heapline_rows_get(rows, &row);
    for (size_t i = 0; i < count; i++) {
        char text[256];
        heapline_row_text(&row[i], text, sizeof text);
        puts(text);
    }
    heapline_rows_free(rows);
}

int main(void) {
    static const struct heapline_filter objects = {
        .domain = HEAPLINE_DOMAIN_OBJECTS, .lineno = -1, .inclusive = 1};
    struct heapline_error err;
    struct hgc_runtime *rt = need_runtime();
    if (heapline_start(16, &err)) { /* frames, of which the innermost are the runtime's */
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    struct hgc_object *list = make_list(rt, 1000);
    struct heapline_snapshot *all = heapline_take_snapshot(0, &err);
    struct heapline_snapshot *own = heapline_snapshot_filter_traces(all, &objects, 1, &err);
    if (!own) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    print_rows(own, HEAPLINE_BY_TYPE);
    print_rows(own, HEAPLINE_BY_LINENO);
    heapline_snapshot_free(own);
    heapline_snapshot_free(all);
    hgc_decref(list);
    return hgc_runtime_free(rt) != 0;
}

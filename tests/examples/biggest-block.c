/* The call path that owns the most memory, with its source lines. */
#include <heapline_snapshot.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static void *make_table(size_t rows) {
    return calloc(rows, 64);
}

static void *load(void) {
    void *table = make_table(1000);
    return table;
}

int main(void) {
    void *table = load();
    struct heapline_snapshot *snapshot = heapline_take_snapshot(0, NULL);
    struct heapline_filter own_lines = {"*biggest-block.c", -1, -1, 1, 0};
    struct heapline_snapshot *own = heapline_snapshot_filter_traces(snapshot, &own_lines, 1, NULL);
    struct heapline_rows *stats = heapline_snapshot_statistics(own, HEAPLINE_BY_TRACEBACK, 0, NULL);
    const struct heapline_row *row;

    if (heapline_rows_get(stats, &row)) {
        char text[4096];
        printf("%llu blocks: %llu bytes\n", (unsigned long long)row->count,
               (unsigned long long)row->size);
        heapline_traceback_text(&row->traceback, 3, 1, text, sizeof text);
        fputs(text, stdout);
    }
    heapline_rows_free(stats);
    heapline_snapshot_free(own);
    heapline_snapshot_free(snapshot);
    free(table);
    return 0;
}

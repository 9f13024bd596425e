/* What has grown between two moments. */
#include <heapline_snapshot.h>
#include <stdio.h>
#include <stdlib.h>

static void *kept[100], *dropped;

static void work(void) {
    for (int i = 0; i < 100; i++)
        kept[i] = malloc(10000);
    free(dropped);
}

int main(void) {
    dropped = malloc(200000);
    struct heapline_snapshot *before = heapline_take_snapshot(0, NULL);
    work();
    struct heapline_snapshot *after = heapline_take_snapshot(0, NULL);
    struct heapline_rows *stats =
        heapline_snapshot_compare_to(after, before, HEAPLINE_BY_LINENO, 0, NULL);
    const struct heapline_row *row;
    size_t count = heapline_rows_get(stats, &row);

    for (size_t i = 0; i < count && i < 2; i++) {
        char text[256];
        heapline_row_text(&row[i], text, sizeof text);
        puts(text);
    }
    heapline_rows_free(stats);
    heapline_snapshot_free(before);
    heapline_snapshot_free(after);
    return count < 2;
}

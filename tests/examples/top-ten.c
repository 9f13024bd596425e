/* The ten lines that own the most memory. */
#include <heapline_snapshot.h>
#include <stdio.h>
#include <stdlib.h>

static int **create_list(int length) {
    int **list = malloc((size_t)length * sizeof *list);
    for (int i = 0; i < length; i++) {
        list[i] = malloc(sizeof **list);
        *list[i] = i;
    }
    return list;
}

static void free_list(int **list, int length) {
    for (int i = 0; i < length; i++)
        free(list[i]);
    free(list);
}

int main(void) {
    int **list = create_list(10000);
    free_list(create_list(5000), 5000); /* what is gone shows in no row */

    struct heapline_error err;
    struct heapline_snapshot *snapshot = heapline_take_snapshot(0, &err);
    if (!snapshot) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    struct heapline_rows *stats =
        heapline_snapshot_statistics(snapshot, HEAPLINE_BY_LINENO, 0, &err);
    const struct heapline_row *row;
    size_t count = heapline_rows_get(stats, &row);

    puts("[ Top 10 ]");
    for (size_t i = 0; i < count && i < 10; i++) {
        char text[256];
        heapline_row_text(&row[i], text, sizeof text);
        puts(text);
    }
    heapline_rows_free(stats);
    heapline_snapshot_free(snapshot);
    free_list(list, 10000);
    return 0;
}

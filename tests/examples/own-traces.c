/* A snapshot of traces from elsewhere, kept in a file and read again. */
#include <heapline_snapshot.h>
#include <stdio.h>

int main(int argc, char **argv) {
    const char *path = argc > 1 ? argv[1] : "own-traces.snap";
    struct heapline_error err;
    struct heapline_frame frames[] = {{"main.c", "main", NULL, 20, 0},
                                      {"cache.c", "cache_fill", NULL, 7, 0}};
    struct heapline_trace trace = {.traceback = {frames, 2, 2}, .type = "page"};
    struct heapline_snapshot *made = heapline_snapshot_new(16, &err);

    for (int i = 0; i < 3; i++) {
        trace.current.bytes = 4096;
        trace.current.count = 1;
        heapline_snapshot_add(made, &trace, &err);
    }
    heapline_snapshot_set_label(made, "build", "1.2.3", &err);
    if (heapline_snapshot_dump(made, path, &err)) {
        fprintf(stderr, "%s\n", err.message); /* such as: own-traces.snap: ... File exists */
        return 1;
    }
    heapline_snapshot_free(made);

    struct heapline_snapshot *read = heapline_snapshot_load(path, &err);
    struct heapline_rows *stats = heapline_snapshot_statistics(read, HEAPLINE_BY_TYPE, 0, &err);
    const struct heapline_row *row;
    heapline_rows_get(stats, &row);
    printf("%s of build %s: ", row->name, heapline_snapshot_label(read, "build"));
    char text[64];
    heapline_size_text((double)row->size, 0, text, sizeof text);
    puts(text);
    heapline_rows_free(stats);
    heapline_snapshot_free(read);
    return 0;
}

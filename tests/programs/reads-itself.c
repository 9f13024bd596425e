/* Reads its own snapshots in every way while it is traced, from several threads at once, and exits
 * with 0 if all of them tell the truth about the blocks of one line.
 */
#include <heapline_snapshot.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCKS = 50, SIZE = 12345, THREADS = 4, ROUNDS = 5 };

#pragma weak heapline_get_all_totals
#pragma weak heapline_write_snapshot

static void *kept[BLOCKS];
static int line_of_blocks;

static void allocate(void) {
    line_of_blocks = __LINE__ + 2;
    for (int i = 0; i < BLOCKS; i++)
        kept[i] = malloc(SIZE);
}

static void fail(const char *way, const char *why) {
    fprintf(stderr, "%s: %s\n", way, why);
    exit(EXIT_FAILURE);
}

static int is_our_line(const struct heapline_frame *frame) {
    const char *slash = strrchr(frame->file, '/'), *name = slash ? slash + 1 : frame->file;
    return !strcmp(name, "reads-itself.c") && frame->line == line_of_blocks;
}

static void check(const char *way, struct heapline_snapshot *s, const struct heapline_error *err) {
    struct heapline_rows *rows =
        s ? heapline_snapshot_statistics(s, HEAPLINE_BY_LINENO, 0, NULL) : NULL;
    const struct heapline_row *row;
    size_t count = heapline_rows_get(rows, &row), i = 0;
    if (!s)
        fail(way, err->message);
    while (i < count && !is_our_line(row[i].traceback.frames))
        i++;
    if (i == count || row[i].size != BLOCKS * SIZE || row[i].count != BLOCKS)
        fail(way, "not the blocks that there are");
    if (strcmp(row[i].traceback.frames->function, "allocate") != 0)
        fail(way, "not the function that allocated them");
    heapline_rows_free(rows);
    heapline_snapshot_free(s);
}

static int is_kept(const struct heapline_trace *trace) {
    for (int i = 0; i < BLOCKS; i++)
        if (trace->block == (uintptr_t)kept[i])
            return trace->current.bytes == SIZE && trace->current.count == 1 &&
                   is_our_line(&trace->traceback.frames[trace->traceback.nframe - 1]);
    return 0;
}

static void check_blocks(void) {
    struct heapline_error err;
    struct heapline_snapshot *s = heapline_take_snapshot(1, &err);
    const struct heapline_trace *traces;
    size_t count = heapline_snapshot_traces(s, &traces), found = 0;
    for (size_t i = 0; i < count; i++)
        found += (size_t)is_kept(&traces[i]);
    if (found != BLOCKS)
        fail("blocks", "not those that there are");
    check("take_snapshot with blocks", s, &err);
}

static void check_all(const char *path) {
    struct heapline_error err;
    check("take_snapshot", heapline_take_snapshot(0, &err), &err);
    check("of_process", heapline_snapshot_of_process(getpid(), &err), &err);
    if (!heapline_write_snapshot || heapline_write_snapshot(path, &err))
        fail("write_snapshot", "cannot write");
    check("load", heapline_snapshot_load(path, &err), &err);
    unlink(path);
    check_blocks();
    struct heapline_snapshot *taken = heapline_take_snapshot(0, &err);
    if (!taken || heapline_snapshot_dump(taken, path, &err))
        fail("dump", err.message);
    heapline_snapshot_free(taken);
    check("dump and load", heapline_snapshot_load(path, &err), &err);
    unlink(path);
}

static void *run(void *number) {
    char path[64];
    snprintf(path, sizeof path, "reads-itself.%d.own", *(int *)number);
    for (int i = 0; i < ROUNDS; i++)
        check_all(path);
    return NULL;
}

/* What the calls allocate is not the program's. */
static void check_unseen(void) {
    struct heapline_totals before, after;
    int number = THREADS;
    if (!heapline_get_all_totals || heapline_get_all_totals(&before))
        return; /* not traced: the first call will say so */
    run(&number);
    if (heapline_get_all_totals(&after) || memcmp(&before, &after, sizeof before) != 0)
        fail("totals", "show what the calls allocate");
}

int main(void) {
    pthread_t threads[THREADS];
    int numbers[THREADS];
    allocate();
    check_unseen();
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        if (pthread_create(&threads[i], NULL, run, &numbers[i]))
            fail("threads", "cannot be made");
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    puts("all the same");
    return EXIT_SUCCESS;
}

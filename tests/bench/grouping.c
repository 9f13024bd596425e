/* How long grouping takes: makes two snapshots of BLOCKS traces on PATHS call paths, the second one
 * without every seventh block, and prints the CPU seconds and the rows of each grouping.
 * grouping_cpython.py makes the same ones for CPython's tracemalloc.
 *
 * grouping PATHS BLOCKS
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "heapline_snapshot.h"

enum { DEPTH = 10, FRAMES = 20000, FILES = 500, LOST = 7 };

static const struct {
    const char *name;
    int key;
} keys[] = {{"lineno", HEAPLINE_BY_LINENO}, {"traceback", HEAPLINE_BY_TRACEBACK}};

static struct heapline_frame table[FRAMES];
static char names[FILES][24];

static void make_frames(void) {
    for (int i = 0; i < FILES; i++)
        snprintf(names[i], sizeof names[i], "src/file%d.c", i);
    for (int i = 0; i < FRAMES; i++)
        table[i] = (struct heapline_frame){.file = names[i % FILES], .line = i / FILES + 1};
}

/* A tree with four branches at each call. */
static void make_path(unsigned path, struct heapline_frame *frames) {
    for (unsigned depth = 0; depth < DEPTH; depth++) {
        uint64_t branch = path >> 2 * (DEPTH - 1 - depth);
        frames[depth] = table[(branch * 7919 + depth * 104729) % FRAMES];
    }
}

static struct heapline_snapshot *make_snapshot(unsigned paths, unsigned blocks, unsigned lost) {
    struct heapline_snapshot *s = heapline_snapshot_new(DEPTH, NULL);
    struct heapline_frame frames[DEPTH];
    struct heapline_trace trace = {.traceback = {frames, DEPTH, DEPTH}};
    for (unsigned i = 0; i < blocks; i++) {
        make_path(i % paths, frames);
        trace.current = (struct heapline_count){16 + i * UINT64_C(37) % 1000, 1};
        if ((!lost || i % lost) && heapline_snapshot_add(s, &trace, NULL))
            exit(EXIT_FAILURE);
    }
    return s;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Of two times the shorter: what memory costs that was never used before is not ours. */
static void measure(const char *call, const struct heapline_snapshot *s,
                    const struct heapline_snapshot *old, const char *name, int key) {
    double best = 0;
    size_t rows = 0;
    for (int i = 0; i < 2; i++) {
        double start = now();
        struct heapline_rows *found = old ? heapline_snapshot_compare_to(s, old, key, 0, NULL)
                                          : heapline_snapshot_statistics(s, key, 0, NULL);
        double taken = now() - start;
        best = i && best < taken ? best : taken;
        rows = heapline_rows_get(found, NULL);
        heapline_rows_free(found);
    }
    printf("%s by %s: %.6f %zu\n", call, name, best, rows);
}

int main(int argc, char **argv) {
    if (argc != 3)
        return EXIT_FAILURE;
    unsigned paths = (unsigned)atoi(argv[1]), blocks = (unsigned)atoi(argv[2]);
    make_frames();
    struct heapline_snapshot *old = make_snapshot(paths, blocks, 0);
    struct heapline_snapshot *new = make_snapshot(paths, blocks, LOST);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        measure("statistics", old, NULL, keys[i].name, keys[i].key);
        measure("compare_to", new, old, keys[i].name, keys[i].key);
    }
    heapline_snapshot_free(old);
    heapline_snapshot_free(new);
    return EXIT_SUCCESS;
}

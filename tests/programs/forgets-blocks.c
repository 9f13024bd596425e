/* Linked with libheapline: what forgetting costs. Each mode prints a figure in bytes.
 *
 * touched BLOCKS: the memory that heapline_clear_traces and heapline_stop touch while so many
 * blocks are live, as the kernel sees it; 77 where it does not say. rounds COUNT: by how much the
 * process has grown after so many starts, clears and stops. labels COUNT: the same after so many
 * values of labels. sites COUNT: the same after as many call paths as there are numbers for, and
 * more: those of blocks from before must not be taken for new ones. */
#include <fcntl.h>
#include <heapline.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TYPES = 2000, WARM_UP = 10 };

/* Of the program's own memory only: libraries and stacks are touched in any case. */
static long referenced(void) {
    FILE *f = fopen("/proc/self/smaps", "r");
    char line[512];
    long kib, sum = 0;
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "Referenced: %ld kB", &kib) == 1)
            sum += kib;
    if (f != NULL)
        fclose(f);
    return sum * 1024;
}

static int forget_references(void) {
    int fd = open("/proc/self/clear_refs", O_WRONLY);
    int r = fd >= 0 && write(fd, "1", 1) == 1 ? 0 : -1;
    if (fd >= 0)
        close(fd);
    return r;
}

static long touched(long blocks) {
    void **block = malloc((size_t)blocks * sizeof *block);
    heapline_start(1, NULL);
    for (long i = 0; i < blocks; i++)
        block[i] = malloc(32);
    if (forget_references() != 0)
        exit(77);
    heapline_clear_traces();
    heapline_stop();
    return referenced();
}

static long resident(void) {
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f != NULL && fscanf(f, "%*s %ld", &pages) != 1)
        pages = 0;
    if (f != NULL)
        fclose(f);
    return pages * sysconf(_SC_PAGESIZE);
}

static void one_round(long i) {
    heapline_start(1, NULL);
    void *block = malloc((size_t)i % 1000), *other = calloc(3, 7);
    heapline_track((unsigned)i % 5 + 1, (uintptr_t)i, 10);
    struct heapline_scope *scope = heapline_scope_begin((int)i % 2, NULL);
    block = realloc(block, 500);
    heapline_clear_traces();
    free(other);
    other = malloc(100);
    heapline_scope_end(scope, NULL);
    heapline_stop();
    free(block);
    free(other);
}

static void one_round_of_labels(long i) {
    char text[64];
    heapline_start(1, NULL);
    snprintf(text, sizeof text, "value %ld of %ld", i, i % 7);
    heapline_set_label("label", text, NULL);
    heapline_set_label("other", i % 2 ? "" : text, NULL);
    heapline_name_domain(1, text);
}

static void one_round_of_sites(long i) {
    static int type[TYPES];
    heapline_start(1, NULL);
    for (int j = 0; j < TYPES; j++) {
        char name[16];
        snprintf(name, sizeof name, "type %d", j);
        if (i == 0)
            type[j] = heapline_register_type(1, name);
        heapline_track_typed(1, (uintptr_t)j, 1, (unsigned)type[j]);
    }
    heapline_clear_traces();
}

/* After the first tenth, in which everything has found its size. */
static long growth(void (*round)(long), long rounds) {
    long before = 0;
    uint64_t tracer_before = 0;
    for (long i = 0; i < rounds; i++) {
        if (i == rounds / WARM_UP) {
            before = resident();
            tracer_before = heapline_get_tracer_memory();
        }
        round(i);
    }
    printf("tracer %ld\n", (long)(heapline_get_tracer_memory() - tracer_before));
    return resident() - before;
}

static long grown_by_sites(long sites) {
    enum { OLD = 1000 };
    static void *old[OLD];
    int known = 0, total;
    heapline_start(1, NULL);
    for (int i = 0; i < OLD; i++)
        old[i] = malloc(10);
    long grown = growth(one_round_of_sites, sites / TYPES);
    for (int i = 0; i < OLD; i++) {
        heapline_get_block_traceback(old[i], NULL, 0, &total);
        known += total > 0;
    }
    printf("known %d\n", known);
    return grown;
}

int main(int argc, char **argv) {
    long count = argc > 2 ? atol(argv[2]) : 0, bytes;
    if (argc < 3)
        return 2;
    if (strcmp(argv[1], "touched") == 0)
        bytes = touched(count);
    else if (strcmp(argv[1], "rounds") == 0)
        bytes = growth(one_round, count);
    else if (strcmp(argv[1], "labels") == 0)
        bytes = growth(one_round_of_labels, count);
    else
        bytes = grown_by_sites(count);
    printf("%s %ld\n", argv[1], bytes);
    return 0;
}

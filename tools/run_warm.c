#include "run_warm.h"
#include <stdio.h>
#include <unistd.h>
#include "analysis/symbols.h"
#include "snapshot/arena_file.h"

enum { BUDGET_MS = 1000, KEPT_MAX = 128 << 20 };

/* NULL: it is not traced yet, or gone. */
static struct image *read_process(const struct run_warm *w) {
    struct arena_file file;
    if (arena_file_find_pid(&file, w->pid, NULL))
        return NULL;
    struct image *image = file.header.session == w->session ? arena_file_read(&file, NULL) : NULL;
    arena_file_close(&file);
    return image;
}

static size_t resident_bytes(void) {
    size_t pages = 0;
    FILE *statm = fopen("/proc/self/statm", "re");
    if (!statm || fscanf(statm, "%*s %zu", &pages) != 1)
        pages = 0;
    if (statm)
        fclose(statm);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* The image is thrown away. */
static void *warm(void *argument) {
    struct run_warm *w = argument;
    struct image *image = read_process(w);
    if (image)
        (void)symbols_embed(image, w->files, BUDGET_MS, NULL, NULL, NULL);
    image_free(image);
    w->is_too_much = resident_bytes() > KEPT_MAX;
    if (w->is_too_much)
        symbol_cache_fini(w->files);
    return NULL;
}

void run_warm_begin(struct run_warm *w) {
    if (w->is_begun && !pthread_tryjoin_np(w->thread, NULL))
        w->is_begun = 0;
    if (!w->is_begun && !w->is_too_much)
        w->is_begun = !pthread_create(&w->thread, NULL, warm, w);
}

void run_warm_wait(struct run_warm *w) {
    if (w->is_begun)
        pthread_join(w->thread, NULL);
    w->is_begun = 0;
}

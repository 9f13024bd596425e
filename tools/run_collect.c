#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "analysis/symbols.h"
#include "command.h"
#include "kept_symbols.h"
#include "output_file.h"
#include "output_path.h"
#include "progress.h"
#include "run_arenas.h"
#include "run_collect.h"

/* For the symbols of the main process; of all others together; and of these in one scan, during
 * which nobody looks whether the main process has ended. */
enum { MAIN_SYMBOLS_MS = 2000, OTHER_SYMBOLS_MS = 2000, SCAN_SYMBOLS_MS = 300 };

static char *copy(const char *s) {
    char *c = strdup(s);
    if (!c)
        abort();
    return c;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* --- Arenas that stay --- */

static void abandon(struct run_collect *c, const char *name) {
    char **names = reallocarray(c->abandoned, c->abandoned_count + 1, sizeof *names);
    if (!names)
        abort();
    c->abandoned = names;
    names[c->abandoned_count++] = copy(name);
}

static int is_abandoned(const struct run_collect *c, const char *name) {
    for (size_t i = 0; i < c->abandoned_count; i++)
        if (!strcmp(c->abandoned[i], name))
            return 1;
    return 0;
}

/* --- Names --- */

static int is_main(const struct run_collect *c, const struct image *image) {
    return run_arenas_is_main(image->pid, image->start_ticks, c->child);
}

/* FILE; FILE.PID for other processes where the pattern does not tell them apart. */
static char *plain_path(const struct run_collect *c, const struct image *image) {
    struct output_name values = {.exe = image->exe, .pid = image->pid, .time = c->time};
    char *path = output_path_expand(c->pattern, &values), *with_pid;
    if (is_main(c, image) || output_name_has_pid(c->pattern))
        return path;
    if (asprintf(&with_pid, "%s.%u", path, image->pid) < 0)
        abort();
    free(path);
    return with_pid;
}

static char *path_with(const struct run_collect *c, const struct image *image, const char *format,
                       unsigned number) {
    char *part;
    if (asprintf(&part, format, number) < 0)
        abort();
    char *plain = plain_path(c, image), *path = output_path_insert(plain, part);
    free(part);
    free(plain);
    return path;
}

/* --- One arena --- */

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* What is done between two addresses. */
struct meanwhile {
    struct run_lender *lender;
    struct progress *shown; /* NULL: nothing is shown */
};

static void serve_meanwhile(void *context, size_t resolved, size_t total) {
    const struct meanwhile *m = context;
    run_lender_serve(m->lender);
    if (m->shown)
        progress_show(m->shown, resolved, total);
}

static void embed_main(struct run_collect *c, struct image *image) {
    struct progress progress = {0};
    run_warm_wait(&c->warm);
    struct meanwhile m = {c->lender, c->quiet ? NULL : &progress};
    c->symbols_cut =
        symbols_embed(image, &c->symbol_files, MAIN_SYMBOLS_MS, serve_meanwhile, &m, NULL) == 1;
    progress_end(&progress);
}

static unsigned left_ms(unsigned budget_ms, uint64_t spent_ns) {
    uint64_t spent_ms = spent_ns / 1000000;
    return spent_ms < budget_ms ? (unsigned)(budget_ms - spent_ms) : 0;
}

/* All processes but the main one share one budget, so that a build is not held up by its thousand
 * compilers. */
static void embed_other(struct run_collect *c, struct image *image) {
    struct meanwhile m = {c->lender, NULL};
    unsigned ms = left_ms(SCAN_SYMBOLS_MS, c->scan_symbols_ns);
    unsigned in_all = left_ms(OTHER_SYMBOLS_MS, c->symbols_ns);
    if (!ms || !in_all)
        return;
    run_warm_wait(&c->warm);
    uint64_t begun = now_ns();
    symbols_embed(image, &c->symbol_files, ms < in_all ? ms : in_all, serve_meanwhile, &m, NULL);
    uint64_t spent = now_ns() - begun;
    c->scan_symbols_ns += spent;
    c->symbols_ns += spent;
}

/* Only the main process has told us how it ended. */
static void set_end(const struct run_collect *c, struct image *image, enum run_arena_state state) {
    int status = c->child->status;
    if (state == RUN_ARENA_REPLACED) {
        image->end = IMAGE_REPLACED;
    } else if (is_main(c, image) && image->end != IMAGE_REPLACED) {
        image->end = WIFSIGNALED(status) ? IMAGE_SIGNALED : IMAGE_EXITED;
        image->end_status =
            (uint32_t)(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
}

static void note_file(struct run_collect *c, const char *taken) {
    if (c->file_count < RUN_FILES_NAMED)
        c->files[c->file_count] = copy(taken);
    c->file_count++;
}

/* The first are said at once, the others are summed up in the report. */
static void note_collision(struct run_collect *c, const char *path, const char *taken) {
    if (strcmp(path, taken) != 0 && c->collisions++ < RUN_FILES_NAMED && !c->quiet)
        output_file_note_collision(path, taken);
}

static void note_largest(struct run_collect *c, const struct image *image) {
    struct heapline_totals totals;
    image_totals(image, 1, 0, &totals);
    if (c->largest_name && totals.peak.bytes <= c->largest_peak)
        return;
    free(c->largest_name);
    c->largest_name = copy(base_name(image->exe));
    c->largest_pid = image->pid;
    c->largest_peak = totals.peak.bytes;
}

/* Frees `path`. */
static int write_file(struct run_collect *c, const struct image *image, char *path, char *taken) {
    int result = output_file_write(image, path, c->replace, taken);
    if (!result) {
        note_file(c, taken);
        note_collision(c, path, taken);
    }
    free(path);
    return result;
}

/* Takes the image over; 0 when the arena is needed no more. */
static int keep(struct run_collect *c, struct image *image, enum run_arena_state state) {
    char taken[PATH_MAX];
    int is_report = is_main(c, image) && state == RUN_ARENA_LAST;
    char *path = state == RUN_ARENA_REPLACED ? path_with(c, image, "exec%u", image->image + 1)
                                             : plain_path(c, image);
    set_end(c, image, state);
    if (is_report)
        embed_main(c, image);
    else
        embed_other(c, image);
    int result = write_file(c, image, path, taken);
    if (!is_main(c, image))
        note_largest(c, image);
    if (!is_report)
        return image_free(image), result;
    c->main_image = image;
    c->main_path = result ? NULL : copy(taken);
    return result;
}

static struct image *read_file(const struct run_collect *c, const char *name,
                               struct heapline_error *err) {
    struct arena_file file;
    if (arena_file_open(&file, c->dirfd, name, err))
        return NULL;
    struct image *image = arena_file_read(&file, err);
    arena_file_close(&file);
    return image;
}

static struct image *read_arena(const struct run_collect *c, const struct run_arena *arena) {
    struct heapline_error err;
    struct image *image =
        arena->loan ? arena_file_read(&arena->loan->file, &err) : read_file(c, arena->name, &err);
    if (!image)
        complain_error(&err);
    else
        image->image = arena->header.image;
    return image;
}

static int is_worth_a_file(const struct image *image, enum run_arena_state state) {
    return image->site_count || state == RUN_ARENA_LAST;
}

/* What could not be written can be collected later, unless it was lent. */
static void part_from(struct run_collect *c, const struct run_arena *arena, int failed) {
    if (arena->loan) {
        run_lender_forget(c->lender, arena->loan);
        if (failed)
            complain(0, "run", "the record of PID %u is lost", arena->header.pid);
    } else if (failed) {
        abandon(c, arena->name);
        complain(0, arena->name, "is kept (heapline recover %u)", arena->header.pid);
    } else {
        unlinkat(c->dirfd, arena->name, 0);
    }
}

static void collect(struct run_collect *c, const struct run_arena *arena) {
    struct image *image = read_arena(c, arena);
    int failed = !image;
    if (image && is_worth_a_file(image, arena->state))
        failed = keep(c, image, arena->state);
    else if (image)
        image_free(image);
    part_from(c, arena, failed);
}

/* --- The session --- */

static void list(struct run_collect *c, struct run_arenas *arenas) {
    run_arenas_list(arenas, c->dirfd, c->session, c->lender, c->child);
}

size_t run_collect_scan(struct run_collect *c) {
    struct run_arenas arenas;
    size_t alive = 0;
    c->scan_symbols_ns = 0;
    list(c, &arenas);
    for (size_t i = 0; i < arenas.count; i++) {
        const struct run_arena *arena = &arenas.items[i];
        const struct arena_header *h = &arena->header;
        if (arena->state == RUN_ARENA_LIVE)
            alive += !run_arenas_is_main(h->pid, h->start_ticks, c->child);
        else if (!is_abandoned(c, arena->name))
            collect(c, arena);
        run_lender_serve(c->lender);
    }
    run_arenas_free(&arenas);
    return alive;
}

void run_collect_lent(struct run_collect *c) {
    struct run_arenas arenas;
    list(c, &arenas);
    for (size_t i = 0; i < arenas.count; i++) {
        const struct run_arena *arena = &arenas.items[i];
        if (!arena->loan || arena->state != RUN_ARENA_LIVE)
            continue;
        if (!c->quiet)
            complain(0, "run", "PID %u still runs; its record ends here", arena->header.pid);
        collect(c, arena);
    }
    run_arenas_free(&arenas);
}

void run_collect_warm(struct run_collect *c) {
    if (!c->warm.files) {
        c->warm.pid = (uint32_t)c->child->pid;
        c->warm.session = c->session;
        c->warm.files = &c->symbol_files;
        c->warm.lender = c->lender;
    }
    run_warm_begin(&c->warm);
}

void run_collect_live(struct run_collect *c) {
    char taken[PATH_MAX];
    struct image *image = run_arenas_read_live((uint32_t)c->child->pid, c->session);
    if (!image)
        return;
    write_file(c, image, path_with(c, image, "%04u", ++c->numbered), taken);
    image_free(image);
}

static void visit_alive(struct run_collect *c, const struct run_arena *arena,
                        run_collect_visit *visit, void *context) {
    struct arena_file file;
    char exe[PATH_MAX] = "";
    if (arena_file_open(&file, c->dirfd, arena->name, NULL))
        return;
    arena_file_text(&file, file.header.exe, file.header.exe_size, exe, sizeof exe);
    arena_file_close(&file);
    visit(context, arena->header.pid, exe);
}

void run_collect_each_alive(struct run_collect *c, run_collect_visit *visit, void *context) {
    struct run_arenas arenas;
    list(c, &arenas);
    for (size_t i = 0; i < arenas.count; i++) {
        const struct run_arena *arena = &arenas.items[i];
        const struct arena_header *h = &arena->header;
        if (arena->state == RUN_ARENA_LIVE && !arena->loan &&
            !run_arenas_is_main(h->pid, h->start_ticks, c->child))
            visit_alive(c, arena, visit, context);
    }
    run_arenas_free(&arenas);
}

void run_collect_fini(struct run_collect *c) {
    for (size_t i = 0; i < c->abandoned_count; i++)
        free(c->abandoned[i]);
    for (size_t i = 0; i < c->file_count && i < RUN_FILES_NAMED; i++)
        free(c->files[i]);
    free(c->abandoned);
    free(c->largest_name);
    free(c->main_path);
    if (c->main_image)
        image_free(c->main_image);
    run_warm_wait(&c->warm);
    kept_symbols_fini(&c->symbol_files);
}

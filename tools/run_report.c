#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "analysis/report.h"
#include "analysis/size_text.h"
#include "command.h"
#include "output_path.h"
#include "run_report.h"

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int has_controls(const char *s) {
    while (*s && !is_control(s))
        s++;
    return *s != '\0';
}

static void print_quoted(FILE *out, const char *s) {
    putc('\'', out);
    for (; *s; s++)
        if (*s == '\'')
            fputs("'\\''", out);
        else
            putc(*s, out);
    putc('\'', out);
}

/* As bash, zsh and POSIX of 2024 read it. */
static void print_quoted_with_controls(FILE *out, const char *s) {
    fputs("$'", out);
    for (; *s; s++)
        if (is_control(s) || *s == '\'' || *s == '\\')
            fprintf(out, "\\x%02x", (unsigned char)*s);
        else
            putc(*s, out);
    putc('\'', out);
}

/* A file name as a word that can be pasted into a shell and is no PID and no option to heapline. */
static void print_word(FILE *out, const char *path) {
    static const char plain[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "_-+=:,.@%/";
    if (*path == '-' || !path[strspn(path, "0123456789")])
        fputs("./", out);
    if (!path[strspn(path, plain)])
        fputs(path, out);
    else if (has_controls(path))
        print_quoted_with_controls(out, path);
    else
        print_quoted(out, path);
}

/* A command to type: heapline by the name that it was called by, as it may be in no PATH. */
static void print_command(FILE *out, const char *command) {
    print_word(out, program_invocation_name);
    fprintf(out, " %s", command);
}

static void print_size(FILE *out, uint64_t bytes) {
    char size[SIZE_TEXT_MAX];
    fputs(size_text(size, (double)bytes, 0), out);
}

static void print_heading(FILE *out, const struct image *image) {
    struct heapline_totals totals;
    image_totals(image, 1, 0, &totals);
    fputs("heapline: ", out);
    print_escaped(out, base_name(image->exe));
    fprintf(out, " (PID %u): ", image->pid);
    print_size(out, totals.current.bytes);
    fprintf(out, " in %llu blocks not freed, peak ", (unsigned long long)totals.current.count);
    print_size(out, totals.peak.bytes);
    fputs(", total ", out);
    print_size(out, totals.total.bytes);
    fprintf(out, " in %llu allocations\n", (unsigned long long)totals.total.count);
}

static void print_rows(FILE *out, struct run_collect *c, size_t limit) {
    run_warm_wait(&c->warm);
    struct report_options options = {
        .format = REPORT_TEXT, .limit = limit, .symbols.files = &c->symbol_files};
    struct heapline_error err;
    if (report_print_top(out, c->main_image, &options, &err))
        complain_error(&err);
}

static void print_main(FILE *out, struct run_collect *c, size_t limit) {
    print_heading(out, c->main_image);
    print_rows(out, c, limit);
    if (c->main_image->end == IMAGE_REPLACED)
        fputs("heapline: the program replaced itself by another one, which was not followed\n",
              out);
    if (c->symbols_cut)
        fputs("heapline: the file holds part of the symbols; the rest is looked up in the same "
              "binaries\n",
              out);
}

static void print_file(FILE *out, const char *path) {
    fputs("heapline: wrote ", out);
    print_escaped(out, path);
    putc('\n', out);
}

static void print_glob(FILE *out, const struct run_collect *c) {
    char *glob = output_path_glob(c->pattern);
    fprintf(out, "heapline: wrote %zu files: ", c->file_count);
    print_escaped(out, glob);
    putc('\n', out);
    free(glob);
}

/* The main process' last, since the next command is about it. */
static void print_files(FILE *out, const struct run_collect *c) {
    if (c->file_count > RUN_FILES_NAMED) {
        print_glob(out, c);
        return;
    }
    for (size_t i = 0; i < c->file_count; i++)
        if (!c->main_path || strcmp(c->files[i], c->main_path) != 0)
            print_file(out, c->files[i]);
    if (c->main_path)
        print_file(out, c->main_path);
}

static void print_collisions(FILE *out, const struct run_collect *c) {
    if (c->collisions > RUN_FILES_NAMED)
        fprintf(out,
                "heapline: %zu more files have a number added, since theirs exist (-f replaces)\n",
                c->collisions - RUN_FILES_NAMED);
}

static void print_largest(FILE *out, const struct run_collect *c) {
    if (!c->largest_name)
        return;
    fputs("heapline: largest child by peak: ", out);
    print_escaped(out, c->largest_name);
    fprintf(out, " (PID %u), ", c->largest_pid);
    print_size(out, c->largest_peak);
    putc('\n', out);
}

/* --- What still runs --- */

struct alive {
    FILE *out;
    size_t count;
};

static void print_alive(void *context, uint32_t pid, const char *exe) {
    struct alive *alive = context;
    if (++alive->count > RUN_FILES_NAMED)
        return;
    fputs("heapline: still running: ", alive->out);
    print_escaped(alive->out, base_name(exe));
    fprintf(alive->out, " (PID %u); now: ", pid);
    print_command(alive->out, "snapshot");
    fprintf(alive->out, " %u, when it has ended: ", pid);
    print_command(alive->out, "recover");
    fprintf(alive->out, " %u\n", pid);
}

static void print_still_running(FILE *out, struct run_collect *c) {
    struct alive alive = {.out = out};
    run_collect_each_alive(c, print_alive, &alive);
    if (alive.count <= RUN_FILES_NAMED)
        return;
    fprintf(out, "heapline: %zu processes still run; all of them: ", alive.count);
    print_command(out, "ps\n");
}

void run_report_print(struct run_collect *c, size_t limit) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return;
    if (c->main_image)
        print_main(out, c, limit);
    print_collisions(out, c);
    print_files(out, c);
    print_largest(out, c);
    print_still_running(out, c);
    if (c->main_path) {
        fputs("heapline: next: ", out);
        print_command(out, "top ");
        print_word(out, c->main_path);
        putc('\n', out);
    }
    fclose(out);
    fwrite(text, 1, size, stderr);
    free(text);
}

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "command.h"
#include "output_file.h"
#include "output_path.h"
#include "pid.h"
#include "session.h"
#include "snapshot/arena_directory.h"
#include "snapshot/arena_file.h"

struct recover_options {
    const char *output;
    int force;
};

#define AT(field) offsetof(struct recover_options, field)
static const struct option_row options[] = {
    {"--output", 'o', OPTION_TEXT, AT(output), "FILE",
     OUTPUT_FILE_HELP " (default: " OUTPUT_NAME_DEFAULT ")"},
    {"--force", 'f', OPTION_FLAG, AT(force), NULL, "replace a file that exists"},
    {0},
};

static int nothing(const char *word, const char *why) {
    return complain(EXIT_NO_PROCESS, word, "nothing to recover%s", why);
}

/* Takes the arena away once its snapshot is written. `part`: for the file name, NULL: none. */
static int recover_arena(const struct arena_file *file, int dirfd, const char *name,
                         const char *part, const struct recover_options *o) {
    struct heapline_error err;
    struct image *image = arena_file_read(file, &err);
    if (!image)
        return complain_error(&err);
    int status = output_file_save(image, o->output, part, o->force);
    image_free(image);
    if (status == EXIT_OK)
        unlinkat(dirfd, name, 0);
    return status;
}

/* Why an arena is not to be taken yet; NULL: it may be. */
static const char *obstacle(const struct arena_file *file, int dirfd) {
    if (session_is_collected(dirfd, file->header.session))
        return ": heapline run writes its snapshot";
    int alive = arena_file_is_alive(file);
    return alive > 0   ? ": the process still runs (heapline snapshot takes its PID)"
           : alive < 0 ? ": whether its process runs cannot be told in this PID namespace (ask "
                         "outside of the container)"
                       : NULL;
}

/* --- By path --- */

static int directory_of(const char *path) {
    char *copy = strdup(path);
    if (!copy)
        abort();
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(copy);
    return fd;
}

static int recover_path(const char *path, const struct recover_options *o) {
    struct arena_file file;
    struct heapline_error err;
    if (arena_file_open(&file, AT_FDCWD, path, &err))
        return err.os_errno == ENOENT ? nothing(path, ": no such file") : complain_error(&err);
    int dirfd = directory_of(path);
    const char *why = obstacle(&file, dirfd);
    int status = why ? nothing(path, why) : recover_arena(&file, AT_FDCWD, path, NULL, o);
    if (dirfd >= 0)
        close(dirfd);
    arena_file_close(&file);
    return status;
}

/* --- By PID: a process may have left several images, made by exec, and several processes may have
 * had that PID --- */

struct search {
    uint32_t pid;
    const struct recover_options *options;
    struct arena_file *items; /* of one directory */
    size_t count;
    struct arena_header first; /* of what was written first, if anything was */
    int is_any, status;
    const char *obstacle;
};

/* All are found before the first is removed, which could hide others. */
static void list_directory(struct search *s, int dirfd) {
    struct arena_list list = {.dirfd = dirfd};
    struct arena_file file;
    uint32_t pid;
    for (const char *name; (name = arena_list_next(&list));) {
        if (arena_name_parse(name, &pid) || pid != s->pid ||
            arena_file_open(&file, dirfd, name, NULL))
            continue;
        s->items = reallocarray(s->items, s->count + 1, sizeof *s->items);
        if (!s->items)
            abort();
        s->items[s->count++] = file;
    }
}

static int compare(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

/* 0: images of the same process. */
static int compare_process(const struct arena_header *a, const struct arena_header *b) {
    int order = compare(a->start_ticks, b->start_ticks);
    return order ? order : compare(a->pid_namespace, b->pid_namespace);
}

/* The last process, and of each the last image, first. */
static int by_age(const void *a, const void *b) {
    const struct arena_header *x = &((const struct arena_file *)a)->header;
    const struct arena_header *y = &((const struct arena_file *)b)->header;
    int order = compare_process(y, x);
    return order ? order : compare(y->image, x->image);
}

static int is_last_image(const struct search *s, size_t i) {
    return !i || compare_process(&s->items[i - 1].header, &s->items[i].header) != 0;
}

/* -f does not replace what has just been written for another process. */
static void recover_item(struct search *s, size_t i, int dirfd) {
    const struct arena_file *file = &s->items[i];
    struct recover_options o = *s->options;
    char part[32];
    snprintf(part, sizeof part, "exec%u", file->header.image + 1);
    if (!s->is_any)
        s->first = file->header;
    s->is_any = 1;
    o.force = o.force && !compare_process(&s->first, &file->header);
    int status = recover_arena(file, dirfd, file->name, is_last_image(s, i) ? NULL : part, &o);
    if (status)
        s->status = status;
}

static void recover_directory(struct search *s, int dirfd) {
    list_directory(s, dirfd);
    if (s->count)
        qsort(s->items, s->count, sizeof *s->items, by_age);
    for (size_t i = 0; i < s->count; i++) {
        const char *why = obstacle(&s->items[i], dirfd);
        if (why)
            s->obstacle = why;
        else
            recover_item(s, i, dirfd);
        arena_file_close(&s->items[i]);
    }
    s->count = 0;
}

static int recover_pid(const char *word, const struct recover_options *o) {
    struct search s = {.pid = pid_parse(word), .options = o, .status = EXIT_OK, .obstacle = ""};
    struct arena_directories all = {0};
    for (int dirfd; (dirfd = arena_directories_next(&all, NULL)) >= 0; close(dirfd))
        recover_directory(&s, dirfd);
    free(s.items);
    return s.is_any ? s.status : nothing(word, s.obstacle);
}

static int recover_main(const struct command *self, int argc, char **argv) {
    struct recover_options o = {.output = OUTPUT_NAME_DEFAULT};
    int operands = options_parse(self, argc, argv, &o, 0);
    if (operands < 0)
        return operands == OPTIONS_HELP ? EXIT_OK : EXIT_USAGE;
    if (operands != 1)
        return complain(EXIT_USAGE, "recover", "one PID or arena is due (heapline ps lists them)");
    if (output_file_check_pattern(o.output))
        return EXIT_USAGE;
    return pid_is(argv[1]) ? recover_pid(argv[1], &o) : recover_path(argv[1], &o);
}

const struct command command_recover = {
    .name = "recover",
    .synopsis = "[OPTION...] PID|ARENA",
    .summary = "write the final state of a process that was killed",
    .options = options,
    .main = recover_main,
};

#include <errno.h>
#include <fcntl.h>
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

/* --- By path --- */

static int recover_path(const char *path, const struct recover_options *o) {
    struct arena_file file;
    struct heapline_error err;
    if (arena_file_open(&file, AT_FDCWD, path, &err))
        return err.os_errno == ENOENT ? nothing(path, ": no such file") : complain_error(&err);
    int status = arena_file_is_alive(&file) == 1
                     ? nothing(path, ": its process still runs (heapline snapshot takes its PID)")
                     : recover_arena(&file, AT_FDCWD, path, NULL, o);
    arena_file_close(&file);
    return status;
}

/* --- By PID: a process may have left several images, made by exec --- */

struct search {
    int dirfd;
    uint32_t pid;
    const struct recover_options *options;
    int found, running, collected, status;
};

static int open_next(struct arena_file *file, const struct search *s, struct arena_list *list) {
    uint32_t pid;
    for (const char *name; (name = arena_list_next(list));)
        if (!arena_name_parse(name, &pid) && pid == s->pid &&
            !arena_file_open(file, s->dirfd, name, NULL))
            return 1;
    return 0;
}

static int has_later_image(const struct search *s, const struct arena_header *h) {
    struct arena_list list = {.dirfd = s->dirfd};
    struct arena_file other;
    int later = 0;
    while (!later && open_next(&other, s, &list)) {
        later = other.header.start_ticks == h->start_ticks && other.header.image > h->image;
        arena_file_close(&other);
    }
    return later;
}

static void recover_image(struct search *s, const struct arena_file *file) {
    char part[32];
    snprintf(part, sizeof part, "exec%u", file->header.image + 1);
    const char *exec = has_later_image(s, &file->header) ? part : NULL;
    int status = recover_arena(file, s->dirfd, file->name, exec, s->options);
    if (status)
        s->status = status;
    s->found = 1;
}

static void consider(struct search *s, const struct arena_file *file) {
    if (session_is_collected(s->dirfd, file->header.session))
        s->collected = 1;
    else if (arena_file_is_alive(file))
        s->running = 1;
    else
        recover_image(s, file);
}

static void search_directory(struct search *s, int dirfd) {
    struct arena_list list = {.dirfd = dirfd};
    struct arena_file file;
    s->dirfd = dirfd;
    while (open_next(&file, s, &list)) {
        consider(s, &file);
        arena_file_close(&file);
    }
}

static int recover_pid(const char *word, const struct recover_options *o) {
    struct search s = {.pid = pid_parse(word), .options = o, .status = EXIT_OK};
    struct arena_directories all = {0};
    for (int dirfd; (dirfd = arena_directories_next(&all, NULL)) >= 0; close(dirfd))
        search_directory(&s, dirfd);
    if (s.found)
        return s.status;
    return nothing(word, s.running     ? ": the process still runs (heapline snapshot PID)"
                         : s.collected ? ": heapline run writes its snapshot"
                                       : "");
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

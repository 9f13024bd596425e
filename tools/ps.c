#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "analysis/json.h"
#include "analysis/size_text.h"
#include "command.h"
#include "pid.h"
#include "session.h"
#include "snapshot/arena_directory.h"
#include "snapshot/arena_file.h"
#include "snapshot/process.h"

struct ps_options {
    int prune, json;
};

#define AT(field) offsetof(struct ps_options, field)
static const struct option_row options[] = {
    {"--prune", 0, OPTION_FLAG, AT(prune), NULL,
     "first remove what ended processes left; it cannot be recovered then"},
    {"--json", 0, OPTION_FLAG, AT(json), NULL, "print JSON"},
    {0},
};

enum state { RUNNING, ENDED, REPLACED, COLLECTING, UNKNOWN };
static const struct {
    const char *name, *text;
} states[] = {
    [RUNNING] = {"running", "running"},
    [ENDED] = {"ended", "ended, not collected"},
    [REPLACED] = {"replaced", "replaced by exec"},
    [COLLECTING] = {"collecting", "ended, run collects"},
    [UNKNOWN] = {"unknown", "in another namespace"},
};

static enum state state_of(const struct arena_file *file, int dirfd) {
    int alive = arena_file_is_alive(file);
    if (alive)
        return alive == 1 ? RUNNING : UNKNOWN;
    if (session_is_collected(dirfd, file->header.session))
        return COLLECTING;
    return file->header.end == ARENA_REPLACED ? REPLACED : ENDED;
}

/* --- Removing --- */

/* An arena that is damaged, or of another version, goes when no process has its PID. */
static int is_abandoned(int dirfd, const char *name) {
    struct arena_file file;
    uint32_t pid;
    if (arena_file_open(&file, dirfd, name, NULL))
        return !arena_name_parse(name, &pid) && !process_start_ticks(pid);
    enum state state = state_of(&file, dirfd);
    arena_file_close(&file);
    return state == ENDED || state == REPLACED;
}

static unsigned prune_directory(int dirfd) {
    struct arena_list list = {.dirfd = dirfd};
    unsigned count = 0;
    for (const char *name; (name = arena_list_next(&list));)
        if (is_abandoned(dirfd, name) && !unlinkat(dirfd, name, 0))
            count++;
    session_prune_marks(dirfd);
    return count;
}

static unsigned prune(void) {
    struct arena_directories all = {0};
    unsigned count = 0;
    for (int dirfd; (dirfd = arena_directories_next(&all, NULL)) >= 0; close(dirfd))
        count += prune_directory(dirfd);
    return count;
}

/* --- Listing --- */

static void read_exe(const struct arena_file *file, char *exe, size_t size) {
    if (arena_file_text(file, file->header.exe, file->header.exe_size, exe, size) < 0)
        *exe = 0;
}

/* What all sites add up to; nothing of an arena that cannot be read. */
static void add_up(const struct arena_file *file, struct heapline_count *current,
                   struct heapline_count *peak) {
    struct image *image = arena_file_read(file, NULL);
    for (uint32_t i = 0; image && i < image->site_count; i++) {
        current->bytes += image->sites[i].current.bytes;
        current->count += image->sites[i].current.count;
        peak->bytes += image->sites[i].peak.bytes;
        peak->count += image->sites[i].peak.count;
    }
    image_free(image);
}

static void print_count(struct json *j, const char *key, const struct heapline_count *c) {
    json_open(j, key, '{');
    json_number(j, "bytes", c->bytes);
    json_number(j, "count", c->count);
    json_close(j, '}');
}

static void print_json(struct json *j, const struct arena_file *file, enum state state) {
    char exe[PATH_MAX];
    struct heapline_count current = {0}, peak = {0};
    add_up(file, &current, &peak);
    read_exe(file, exe, sizeof exe);
    json_open(j, NULL, '{');
    json_number(j, "pid", file->header.pid);
    json_text(j, "exe", exe);
    json_text(j, "state", states[state].name);
    print_count(j, "current", &current);
    print_count(j, "peak", &peak);
    json_time(j, "start", file->header.start_time);
    json_text(j, "arena", *file->name ? file->name : NULL);
    json_close(j, '}');
}

static void print_row(const struct arena_file *file, enum state state) {
    char exe[PATH_MAX], size[SIZE_TEXT_MAX], started[32] = "?";
    time_t start = (time_t)(file->header.start_time / 1000000000);
    struct tm tm;
    struct heapline_count current = {0}, peak = {0};
    add_up(file, &current, &peak);
    if (localtime_r(&start, &tm))
        strftime(started, sizeof started, "%F %T", &tm);
    read_exe(file, exe, sizeof exe);
    const char *slash = strrchr(exe, '/');
    printf("%7u  %-20s  %10s  %s  ", file->header.pid, states[state].text,
           size_text(size, (double)current.bytes, 0), started);
    print_escaped(stdout, slash ? slash + 1 : exe);
    putchar('\n');
}

static void print(const struct arena_file *file, enum state state, struct json *j) {
    if (j)
        print_json(j, file, state);
    else
        print_row(file, state);
}

static void list_directory(int dirfd, struct json *j) {
    struct arena_list arenas = {.dirfd = dirfd};
    struct arena_file file;
    for (const char *name; (name = arena_list_next(&arenas));) {
        if (arena_file_open(&file, dirfd, name, NULL))
            continue;
        print(&file, state_of(&file, dirfd), j);
        arena_file_close(&file);
    }
}

/* What `heapline run` lent is in no directory: only its borrower leads to it. */
static void list_lent(struct json *j) {
    struct directory processes = {.fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    struct arena_file file;
    for (const char *name; (name = directory_next(&processes));) {
        uint32_t pid = pid_parse(name);
        if (!pid || arena_file_find_lent(&file, pid))
            continue;
        print(&file, RUNNING, j);
        arena_file_close(&file);
    }
    if (processes.fd >= 0)
        close(processes.fd);
}

static void list(struct json *j) {
    struct arena_directories all = {0};
    if (!j)
        printf("%7s  %-20s  %10s  %-19s  %s\n", "PID", "STATE", "CURRENT", "STARTED", "NAME");
    for (int dirfd; (dirfd = arena_directories_next(&all, NULL)) >= 0; close(dirfd))
        list_directory(dirfd, j);
    list_lent(j);
}

static void list_as_json(unsigned pruned) {
    struct json j = {.out = stdout};
    json_open(&j, NULL, '{');
    json_number(&j, "schema", 1);
    json_open(&j, "arenas", '[');
    list(&j);
    json_close(&j, ']');
    json_number(&j, "pruned", pruned);
    json_close(&j, '}');
    putchar('\n');
}

/* EXIT_OK, or another status after saying why. */
static int check_directories(void) {
    struct arena_directories all = {0};
    struct heapline_error err;
    for (int dirfd; (dirfd = arena_directories_next(&all, &err)) >= 0;)
        close(dirfd);
    if (!err.code || err.os_errno == ENOENT)
        return EXIT_OK;
    complain_error(&err);
    return EXIT_NO_PROCESS;
}

static int ps_main(const struct command *self, int argc, char **argv) {
    struct ps_options o = {0};
    int operands = options_parse(self, argc, argv, &o, 0);
    if (operands < 0)
        return operands == OPTIONS_HELP ? EXIT_OK : EXIT_USAGE;
    if (operands)
        return complain(EXIT_USAGE, argv[1], "ps takes no arguments (heapline help ps)");
    int status = check_directories();
    if (status)
        return status;
    unsigned pruned = o.prune ? prune() : 0;
    if (o.json)
        list_as_json(pruned);
    else
        list(NULL);
    if (pruned && !o.json)
        fprintf(stderr, "heapline: removed what %u ended processes left\n", pruned);
    return EXIT_OK;
}

const struct command command_ps = {
    .name = "ps",
    .synopsis = "[OPTION...]",
    .summary = "list traced processes, running or ended without a snapshot",
    .options = options,
    .main = ps_main,
};

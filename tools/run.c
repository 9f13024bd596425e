#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>
#include "command.h"
#include "kept_symbols.h"
#include "output_file.h"
#include "output_path.h"
#include "run_child.h"
#include "run_collect.h"
#include "run_elf.h"
#include "run_env.h"
#include "run_lender.h"
#include "run_library.h"
#include "run_report.h"
#include "session.h"

struct run_options {
    const char *output;
    int force, quiet, no_children;
    long limit, nframe, every_ms;
};

#define AT(field) offsetof(struct run_options, field)
static const struct option_row options[] = {
    {"--output", 'o', OPTION_TEXT, AT(output), "FILE",
     OUTPUT_FILE_HELP "; without %p other processes get FILE.PID (default: " OUTPUT_NAME_DEFAULT
                      ")"},
    {"--force", 'f', OPTION_FLAG, AT(force), NULL, "replace files that exist"},
    {"--limit", 'n', OPTION_COUNT, AT(limit), "N", "print N rows, 0: all (default: 10)"},
    {"--quiet", 'q', OPTION_FLAG, AT(quiet), NULL, "print nothing but errors"},
    {"--nframe", 0, OPTION_COUNT, AT(nframe), "N",
     "merge call paths that are equal in their innermost N frames, 0: none (default: 0)"},
    {"--no-children", 0, OPTION_FLAG, AT(no_children), NULL, "do not follow forked processes"},
    {"--every", 0, OPTION_DURATION, AT(every_ms), "DUR",
     "also write a numbered snapshot each DUR while the program runs: 500ms, 10s, 5m, 1h"},
    {0},
};

/* The library would complain of it to the program's users, and not trace. */
static int check_inherited_nframe(void) {
    static const char name[] = "HEAPLINE_NFRAME";
    const char *value = getenv(name);
    if (!value || !*value)
        return -1;
    int is_number = strspn(value, "0123456789") == strlen(value) && strlen(value) <= 9;
    if (is_number && atoi(value) <= HEAPLINE_NFRAME_MAX)
        return -1;
    return complain(EXIT_USAGE, name, "'%s' is not a number of frames (0 to %d)", value,
                    HEAPLINE_NFRAME_MAX);
}

/* The exit status, or -1 to go on. */
static int parse(const struct command *self, int argc, char **argv, struct run_options *o) {
    *o = (struct run_options){.output = OUTPUT_NAME_DEFAULT, .limit = 10, .nframe = -1};
    int operands = options_parse(self, argc, argv, o, 1);
    if (operands < 0)
        return operands == OPTIONS_HELP ? EXIT_OK : EXIT_USAGE;
    if (output_file_check_pattern(o->output))
        return EXIT_USAGE;
    if (o->nframe > HEAPLINE_NFRAME_MAX)
        return complain(EXIT_USAGE, "--nframe", "%ld is too much (at most %d)", o->nframe,
                        HEAPLINE_NFRAME_MAX);
    if (!operands)
        return complain(EXIT_USAGE, "run", "PROGRAM is missing (heapline run -- PROGRAM [ARG...])");
    return o->nframe < 0 ? check_inherited_nframe() : -1;
}

/* --- Before the program starts --- */

static int check_output(const struct run_options *o, const char *program, time_t now) {
    struct output_name values = {.exe = program, .time = now};
    char *path = output_path_expand(o->output, &values);
    int result = output_file_check(path);
    free(path);
    return result;
}

static uint64_t random_session(void) {
    uint64_t session = 0;
    while (!session)
        if (getrandom(&session, sizeof session, 0) != sizeof session)
            session = 0;
    return session;
}

/* Why the program will run untraced, NULL if it will not. One that cannot be found is for exec. */
static const char *find_obstacle(const char *program) {
    char path[PATH_MAX], elf[PATH_MAX];
    if (run_child_file_limit() < ARENA_SMALLEST)
        return "the limit on the size of files (ulimit -f) leaves no room for its record";
    return run_elf_find(program, path, sizeof path) ? NULL : run_elf_obstacle(path, elf);
}

static int not_started(const char *program, const struct run_child *child, int error) {
    char path[PATH_MAX];
    if (child->pid <= 0)
        return complain(EXIT_NOT_TRACED, program, "cannot be started: %s", strerror(error));
    if (error != ENOENT)
        return complain(EXIT_NOT_EXECUTABLE, program, "cannot be executed: %s", strerror(error));
    if (!run_elf_find(program, path, sizeof path))
        return complain(EXIT_NOT_FOUND, program, "the interpreter that it names was not found");
    return complain(EXIT_NOT_FOUND, program, "not found (is it in PATH?)");
}

/* --- While it runs --- */

static long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum {
    WARM_MS = 10,
    SCAN_MS = 200,
    SCAN_SHARE = 20 /* looking takes at most about 1/20 of the time */
};

/* Returns when to look again. */
static long scan(struct run_collect *c) {
    long begun = now_ms();
    run_collect_scan(c);
    long end = now_ms(), pause = (end - begun) * SCAN_SHARE;
    return end + (pause > SCAN_MS ? pause : SCAN_MS);
}

/* Returns when the next one is due: those that there was no time for are left out. */
static long snapshot_live(struct run_collect *c, long due, long every) {
    run_collect_live(c);
    long late = now_ms() - due;
    return due + (late / every + 1) * every;
}

/* By then most of what a program needs is mapped, and again when it has settled. Returns when the
 * next time is. */
static long warm(struct run_collect *c, long begun, long due) {
    enum { FACTOR = 8, LAST_MS = 1000 };
    long next = (due - begun) * FACTOR;
    run_collect_warm(c);
    return next < LAST_MS ? begun + next : LONG_MAX;
}

static int wait_limit(long next, long now) {
    long limit = next > now ? next - now : 0;
    return limit < INT_MAX ? (int)limit : INT_MAX;
}

static long sooner(long a, long b) {
    return a < b ? a : b;
}

/* Who asks for an arena waits for it. */
static void wait_and_lend(struct run_child *child, const struct run_collect *c, int timeout_ms) {
    run_child_wait(child, timeout_ms, c->lender->events);
    run_lender_serve(c->lender);
}

static void follow(struct run_child *child, struct run_collect *c, long every) {
    long begun = now_ms(), scan_at = begun + SCAN_MS, live_at = every ? begun + every : LONG_MAX;
    long warm_at = begun + WARM_MS;
    while (!child->ended) {
        wait_and_lend(child, c, wait_limit(sooner(warm_at, sooner(scan_at, live_at)), now_ms()));
        long now = now_ms();
        if (!child->ended && now >= warm_at)
            warm_at = warm(c, begun, warm_at);
        if (!child->ended && every && now >= live_at)
            live_at = snapshot_live(c, live_at, every);
        if (!child->ended && now >= scan_at)
            scan_at = scan(c);
    }
}

/* What dies together with the main process, as after ^C, may take a moment longer. */
static void collect_rest(struct run_child *child, struct run_collect *c) {
    enum { ROUNDS = 10, ROUND_MS = 10 };
    for (int i = 0; run_collect_scan(c) && i < ROUNDS; i++)
        wait_and_lend(child, c, ROUND_MS);
}

/* --- The two ways to run --- */

static int run_untraced(const struct run_options *o, char **argv, const char *why) {
    struct run_child child;
    if (!o->quiet)
        complain(0, argv[0], "cannot be traced: %s; it runs untraced", why);
    int error = run_child_start(&child, argv, environ, NULL);
    if (error)
        return not_started(argv[0], &child, error);
    while (!child.ended)
        run_child_wait(&child, -1, -1);
    return run_child_exit_status(&child);
}

static void report(struct run_collect *c, const struct run_options *o, const char *program) {
    if (!c->main_image)
        complain(0, program, "left no record: %s",
                 WIFSIGNALED(c->child->status)
                     ? "it was killed before tracing had begun, or that could not begin"
                     : "the tracer could not be loaded, or had no memory and no file");
    if (!o->quiet)
        run_report_print(c, (size_t)o->limit);
}

static int run_traced(const struct run_options *o, char **argv, const char *library, time_t now) {
    struct run_child child;
    struct run_env env = {library, random_session(), o->nframe, !o->no_children};
    struct run_lender lender;
    struct session_mark mark;
    session_mark(&mark, env.session);
    struct run_collect collect = {.session = env.session,
                                  .pattern = o->output,
                                  .replace = o->force,
                                  .quiet = o->quiet,
                                  .time = now,
                                  .child = &child,
                                  .lender = &lender,
                                  .dirfd = mark.directory};
    struct pool pool = {0};
    run_lender_open(&lender, env.session);
    int error = run_child_start(&child, argv, run_env_new(&env, &pool),
                                o->no_children ? run_env_set_pid : NULL);
    if (!error) {
        kept_symbols_init(&collect.symbol_files);
        unsetenv("DEBUGINFOD_URLS"); /* now: later another thread would */
        follow(&child, &collect, o->every_ms);
        collect_rest(&child, &collect);
        run_collect_lent(&collect);
        report(&collect, o, argv[0]);
        run_collect_fini(&collect);
    }
    run_lender_close(&lender);
    pool_fini(&pool);
    session_unmark(&mark, env.session);
    return error ? not_started(argv[0], &child, error) : run_child_exit_status(&child);
}

static int run_main(const struct command *self, int argc, char **argv) {
    struct run_options o;
    char library[PATH_MAX];
    time_t now = time(NULL);
    int status = parse(self, argc, argv, &o);
    if (status >= 0)
        return status;
    char **program = argv + 1;
    if (check_output(&o, program[0], now))
        return EXIT_NOT_TRACED;
    const char *obstacle = find_obstacle(program[0]);
    if (obstacle)
        return run_untraced(&o, program, obstacle);
    if (run_library_find(library))
        return complain(EXIT_NOT_TRACED, library,
                        "not found, or no library (HEAPLINE_LIBRARY can name it)");
    if (run_library_make_preloadable(library))
        return complain(EXIT_NOT_TRACED, library,
                        "has a space or colon in its path, and no link to "
                        "it can be made in /tmp");
    return run_traced(&o, program, library, now);
}

const struct command command_run = {
    .name = "run",
    .synopsis = "[OPTION...] [--] PROGRAM [ARG...]",
    .summary = "run a program and record who owns its memory",
    .options = options,
    .main = run_main,
};

#include <sys/stat.h>
#include "input.h"
#include "kept_symbols.h"
#include "output_file.h"
#include "pid.h"
#include "rows_options.h"

struct top_options {
    struct rows_options rows;
    int embed;
};

static const struct option_row options[] = {
    ROWS_OPTIONS,
    {"--embed", 0, OPTION_FLAG, offsetof(struct top_options, embed), NULL,
     "put functions, files and lines into the snapshot file, so that another machine can show "
     "them"},
    {0},
};

/* Replaces the snapshot file by one with symbols, which is there whole or not at all. */
static int embed(const char *path, struct image *image, struct progress *progress) {
    struct heapline_error err;
    char taken[PATH_MAX];
    if (kept_symbols_embed(image, progress_show, progress, &err) < 0)
        return complain_error(&err);
    return output_file_write(image, path, 1, taken) ? EXIT_OUTPUT : EXIT_OK;
}

/* Symbols go into a file that can be replaced, which a pipe or a process cannot. */
static int check_embed(const char *word) {
    struct stat st;
    if (pid_is(word))
        return complain(EXIT_USAGE, "--embed",
                        "needs a snapshot file (heapline snapshot %s "
                        "--embed-symbols writes one)",
                        word);
    if (!stat(word, &st) && !S_ISREG(st.st_mode))
        return complain(EXIT_USAGE, "--embed", "needs a snapshot file, which %s is not", word);
    return EXIT_OK;
}

static int print_top(const struct image *image, struct rows_options *o) {
    struct report_options report = rows_options_report(o);
    struct heapline_error err;
    return report_print_top(stdout, image, &report, &err) ? complain_error(&err) : EXIT_OK;
}

static int run(const char *word, struct top_options *o) {
    struct image *image = NULL;
    int status = o->embed ? check_embed(word) : EXIT_OK;
    if (status == EXIT_OK)
        status = input_read(word, &image);
    if (status == EXIT_OK && o->embed)
        status = embed(word, image, &o->rows.progress);
    if (status == EXIT_OK)
        status = print_top(image, &o->rows);
    if (image)
        image_free(image);
    return status;
}

static int check_and_run(int operands, char **words, struct top_options *o) {
    if (operands < 0)
        return operands == OPTIONS_HELP ? EXIT_OK : EXIT_USAGE;
    if (operands != 1)
        return complain(EXIT_USAGE, "top", "one snapshot or PID is due (heapline help top)");
    int status = rows_options_check(&o->rows);
    return status == EXIT_OK ? run(words[0], o) : status;
}

static int top_main(const struct command *self, int argc, char **argv) {
    struct top_options o = {.rows = ROWS_OPTIONS_INIT};
    int operands = options_parse(self, argc, argv, &o, 0);
    int status = check_and_run(operands, argv + 1, &o);
    rows_options_fini(&o.rows);
    return status;
}

const struct command command_top = {
    .name = "top",
    .synopsis = "[OPTION...] SNAPSHOT|PID",
    .summary = "who owns the memory, by source line",
    .options = options,
    .main = top_main,
};

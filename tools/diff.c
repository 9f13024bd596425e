#include <stdlib.h>
#include "input.h"
#include "rows_options.h"

static const struct option_row options[] = {
    ROWS_OPTIONS,
    {0},
};

static int print_diff(const struct image *old, const struct image *new, struct rows_options *o) {
    struct report_options report = rows_options_report(o);
    struct heapline_error err;
    return report_print_diff(stdout, old, new, &report, &err) ? complain_error(&err) : EXIT_OK;
}

static int run(char **words, struct rows_options *o) {
    struct image *old, *new = NULL;
    int status = input_read(words[0], &old);
    if (status == EXIT_OK)
        status = input_read(words[1], &new);
    if (status == EXIT_OK)
        status = print_diff(old, new, o);
    if (old)
        image_free(old);
    if (new)
        image_free(new);
    return status;
}

static int check_and_run(int operands, char **words, struct rows_options *o) {
    if (operands < 0)
        return operands == OPTIONS_HELP ? EXIT_OK : EXIT_USAGE;
    if (operands != 2)
        return complain(EXIT_USAGE, "diff",
                        "two snapshots are due, OLD and NEW (heapline help diff)");
    int status = rows_options_check(o);
    return status == EXIT_OK ? run(words, o) : status;
}

static int diff_main(const struct command *self, int argc, char **argv) {
    struct rows_options o = ROWS_OPTIONS_INIT;
    int operands = options_parse(self, argc, argv, &o, 0);
    int status = check_and_run(operands, argv + 1, &o);
    rows_options_fini(&o);
    return status;
}

const struct command command_diff = {
    .name = "diff",
    .synopsis = "[OPTION...] OLD NEW",
    .summary = "what changed from one snapshot to another",
    .options = options,
    .main = diff_main,
};

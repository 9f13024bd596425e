#include <stdio.h>
#include "analysis/report.h"
#include "command.h"
#include "input.h"

struct info_options {
    int json;
};

static const struct option_row options[] = {
    {"--json", 0, OPTION_FLAG, offsetof(struct info_options, json), NULL, "print JSON"},
    {0},
};

static int info_main(const struct command *self, int argc, char **argv) {
    struct info_options o = {0};
    struct image *image;
    int operands = options_parse(self, argc, argv, &o, 0);
    if (operands < 0)
        return operands == OPTIONS_HELP ? EXIT_OK : EXIT_USAGE;
    if (operands != 1)
        return complain(EXIT_USAGE, "info", "one snapshot or PID is due (heapline help info)");
    int status = input_read(argv[1], &image);
    if (status != EXIT_OK)
        return status;
    report_print_info(stdout, image, o.json ? REPORT_JSON : REPORT_TEXT);
    image_free(image);
    return EXIT_OK;
}

const struct command command_info = {
    .name = "info",
    .synopsis = "[OPTION...] SNAPSHOT|PID",
    .summary = "totals, the process, its modules, and what was not seen",
    .options = options,
    .main = info_main,
};

#include "command.h"
#include "input.h"
#include "kept_symbols.h"
#include "output_file.h"
#include "output_path.h"
#include "pid.h"

struct snapshot_options {
    const char *output;
    int force, embed;
};

#define AT(field) offsetof(struct snapshot_options, field)
static const struct option_row options[] = {
    {"--output", 'o', OPTION_TEXT, AT(output), "FILE",
     OUTPUT_FILE_HELP " (default: " OUTPUT_NAME_DEFAULT ")"},
    {"--force", 'f', OPTION_FLAG, AT(force), NULL, "replace a file that exists"},
    {"--embed-symbols", 0, OPTION_FLAG, AT(embed), NULL,
     "put functions, files and lines into the file, so that another machine can show them"},
    {0},
};

static int save(struct image *image, const struct snapshot_options *o) {
    struct heapline_error err;
    if (o->embed && kept_symbols_embed(image, NULL, NULL, &err) < 0)
        return complain_error(&err);
    return output_file_save(image, o->output, NULL, o->force);
}

static int snapshot_main(const struct command *self, int argc, char **argv) {
    struct snapshot_options o = {.output = OUTPUT_NAME_DEFAULT};
    struct image *image;
    int operands = options_parse(self, argc, argv, &o, 0);
    if (operands < 0)
        return operands == OPTIONS_HELP ? EXIT_OK : EXIT_USAGE;
    if (operands != 1)
        return complain(EXIT_USAGE, "snapshot", "one PID is due (heapline ps lists them)");
    if (!pid_is(argv[1]))
        return complain(EXIT_USAGE, argv[1], "is not a PID (heapline ps lists them)");
    if (output_file_check_pattern(o.output))
        return EXIT_USAGE;
    int status = input_read(argv[1], &image);
    if (status == EXIT_OK)
        status = save(image, &o);
    if (image)
        image_free(image);
    return status;
}

const struct command command_snapshot = {
    .name = "snapshot",
    .synopsis = "[OPTION...] PID",
    .summary = "write a snapshot of a process while it runs",
    .options = options,
    .main = snapshot_main,
};

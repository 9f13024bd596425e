#include <stdio.h>
#include <string.h>
#include "command.h"

void help_print_overview(FILE *out) {
    fputs("Usage: heapline COMMAND [ARGUMENT...]\n"
          "Shows who owns the memory of a program, by source line.\n\nCommands:\n",
          out);
    for (const struct command *const *c = commands; *c; c++)
        fprintf(out, "  %-10s %s\n", (*c)->name, (*c)->summary);
    fputs("\nheapline help COMMAND   the options of a command\n"
          "heapline --version      the version\n"
          "\nStart with: heapline run -- PROGRAM [ARG...]\n",
          out);
}

static int help_main(const struct command *self, int argc, char **argv) {
    int operands = options_parse(self, argc, argv, NULL, 0);
    if (operands < 0)
        return operands == OPTIONS_HELP ? EXIT_OK : EXIT_USAGE;
    if (operands > 1)
        return complain(EXIT_USAGE, argv[2], "one command at a time (heapline help COMMAND)");
    if (operands == 0) {
        help_print_overview(stdout);
        return EXIT_OK;
    }
    for (const struct command *const *c = commands; *c; c++)
        if (!strcmp((*c)->name, argv[1])) {
            options_print_help(*c);
            return EXIT_OK;
        }
    return complain(EXIT_USAGE, argv[1], "unknown command (heapline help lists them)");
}

static const struct option_row options[] = {{0}};

const struct command command_help = {
    .name = "help",
    .synopsis = "[COMMAND]",
    .summary = "what heapline can do, or the options of a command",
    .options = options,
    .main = help_main,
};

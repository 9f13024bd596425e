/* The command line as data: a command is one file and one row of the table in tools/commands.c; an
 * option is one row of its command's table, from which parsing and --help are both made. */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

#include <stddef.h>
#include <stdio.h>
#include "heapline.h"

/* Exit statuses of heapline itself, documented in heapline(1). */
enum {
    EXIT_OK = 0,
    EXIT_OUTPUT = 1, /* a result could not be written */
    EXIT_USAGE = 2,
    EXIT_BAD_INPUT = 3,
    EXIT_GATE = 4, /* reserved */
    EXIT_NO_PROCESS = 5,
    EXIT_NOT_TRACED = 125,
    EXIT_NOT_EXECUTABLE = 126,
    EXIT_NOT_FOUND = 127
};

enum option_kind {
    OPTION_FLAG,
    OPTION_COUNT,
    OPTION_TEXT,
    OPTION_LIST,
    OPTION_DURATION,
    OPTION_CHOICE
};

struct text_list { /* for OPTION_LIST: repeated texts in the order given */
    const char **items;
    size_t count;
};

struct option_row {
    const char *name; /* "--filter" */
    char letter;      /* 'n' for -n, 0: none */
    enum option_kind kind;
    size_t offset; /* of the target in the command's options struct: int (FLAG: 1, CHOICE: index),
                      long (COUNT, >= 0), const char * (TEXT), struct text_list (LIST), long ms
                      (DURATION, > 0) */
    const char *argument; /* "N", NULL for flags; for CHOICE "a|b|c", which is also the check */
    const char *help;
};

struct command {
    const char *name, *synopsis, *summary;
    const struct option_row *options; /* ends with a row whose name is NULL */
    int (*main)(const struct command *self, int argc, char **argv); /* argv[0]: command's name */
};

extern const struct command command_run, command_top, command_diff, command_info, command_snapshot,
    command_ps, command_recover, command_help;
extern const struct command *const commands[]; /* ends with NULL */

/* Parses options into `into` and moves operands to argv[1..]; returns how many operands there are,
 * -1 after printing a usage error (the command returns EXIT_USAGE) or -2 after --help (EXIT_OK).
 * "--" ends the options; stop_at_operand = 1 stops at the first operand (for `run`). */
enum { OPTIONS_ERROR = -1, OPTIONS_HELP = -2 };
int options_parse(const struct command *self, int argc, char **argv, void *into,
                  int stop_at_operand);
/* What --help says, on stdout. */
void options_print_help(const struct command *self);
/* The list of commands. */
void help_print_overview(FILE *out);

/* "heapline: WHAT: what is wrong (what to do)\n" on stderr, one line, control characters in the
 * arguments shown as \xNN; returns `status` so that callers can return it. WHAT may be NULL. */
int complain(int status, const char *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same from a library's error: the status follows from err->code. */
int complain_error(const struct heapline_error *err);
/* Does `s` begin with a control character: a C0 one, DEL, or a C1 one as UTF-8 writes them? A name
 * that holds one must not move the cursor. */
int is_control(const char *s);
/* `s` with control characters as \xNN. */
void print_escaped(FILE *out, const char *s);

#endif

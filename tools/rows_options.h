/* The options that `top` and `diff` share: how rows are made, chosen and printed. */
#ifndef TOOLS_ROWS_OPTIONS_H
#define TOOLS_ROWS_OPTIONS_H

#include "analysis/report.h"
#include "command.h"
#include "progress.h"

struct rows_options { /* the first member of the command's options */
    long limit;       /* -1: not given */
    long frames;
    int by, sort, blame;
    int cumulative, all_frames, verbose, json, csv, debuginfod;
    struct text_list filters, wrappers;
    struct progress progress;
    struct symbol_cache symbols;
};

#define ROWS_OPTIONS_INIT \
    { .limit = -1, .frames = 128 }
#define ROWS_AT(field) offsetof(struct rows_options, field)
/* Rows of a command's table. */
#define ROWS_OPTIONS                                                                                \
    {"--limit",    'n',                                                                             \
     OPTION_COUNT, ROWS_AT(limit),                                                                  \
     "N",          "print the first N rows; 0: all (default: 10, with --json and --csv all)"},      \
        {"--by",                                                                                    \
         0,                                                                                         \
         OPTION_CHOICE,                                                                             \
         ROWS_AT(by),                                                                               \
         "lineno|function|filename|module|traceback|domain|type|type-lineno",                       \
         "what a row stands for (default: lineno)"},                                                \
        {"--sort",                                                                                  \
         0,                                                                                         \
         OPTION_CHOICE,                                                                             \
         ROWS_AT(sort),                                                                             \
         "current|peak|total|count|temporary",                                                      \
         "what rows are sorted by and show: live now, live at the peak, ever allocated, live "      \
         "blocks, blocks freed at once (default: current)"},                                        \
        {"--cumulative",                                                                            \
         0,                                                                                         \
         OPTION_FLAG,                                                                               \
         ROWS_AT(cumulative),                                                                       \
         NULL,                                                                                      \
         "charge every frame of a call path, not the one that answers for it alone"},               \
        {"--filter",                                                                                \
         0,                                                                                         \
         OPTION_LIST,                                                                               \
         ROWS_AT(filters),                                                                          \
         "RULE",                                                                                    \
         "keep rows whose file matches GLOB[:LINE] or that are of domain=N or type=GLOB; with "     \
         "'-' "                                                                                     \
         "before it, drop them; may be repeated"},                                                  \
        {"--all-frames",      0,    OPTION_FLAG,                                                    \
         ROWS_AT(all_frames), NULL, "let filters match any frame of a call path"},                  \
        {"--wrapper",                                                                               \
         0,                                                                                         \
         OPTION_LIST,                                                                               \
         ROWS_AT(wrappers),                                                                         \
         "GLOB",                                                                                    \
         "charge the callers of functions, or of functions in files, that match GLOB; may be "      \
         "repeated"},                                                                               \
        {"--blame",                                                                                 \
         0,                                                                                         \
         OPTION_CHOICE,                                                                             \
         ROWS_AT(blame),                                                                            \
         "default|raw|app",                                                                         \
         "the frame that answers: the innermost that is no allocation wrapper, the innermost, "     \
         "the innermost of the main program"},                                                      \
        {"--frames",                                                                                \
         0,                                                                                         \
         OPTION_COUNT,                                                                              \
         ROWS_AT(frames),                                                                           \
         "N",                                                                                       \
         "with --json and --csv, show the innermost N frames of a call path; 0: all (default: "     \
         "128)"},                                                                                   \
        {"--verbose", 'v', OPTION_FLAG, ROWS_AT(verbose), NULL, "print the call path of each row"}, \
        {"--json", 0, OPTION_FLAG, ROWS_AT(json), NULL, "print JSON"},                              \
        {"--csv", 0, OPTION_FLAG, ROWS_AT(csv), NULL, "print comma-separated values"}, {            \
        "--debuginfod", 0, OPTION_FLAG, ROWS_AT(debuginfod), NULL,                                  \
            "download missing debug information as DEBUGINFOD_URLS says"                            \
    }

/* Are the options sensible together? EXIT_OK, or EXIT_USAGE after saying why not. */
int rows_options_check(const struct rows_options *o);
/* As the reports want them; borrows `o`, until rows_options_fini. */
struct report_options rows_options_report(struct rows_options *o);
void rows_options_fini(struct rows_options *o);

#endif

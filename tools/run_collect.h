/* Turns what the processes of one session left into snapshot files, while they run and after.
 *
 * An arena is collected once its process is gone or a later image of the same process exists; then
 * it is read, written as a snapshot and removed. One that cannot be read or written stays where it
 * is, for `heapline recover`; a lent one is lost. The caller owns the struct: zeroed but for the
 * settings at first, run_collect_fini at the end. Says on stderr what goes wrong. Not
 * thread-safe.
 */
#ifndef TOOLS_RUN_COLLECT_H
#define TOOLS_RUN_COLLECT_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "analysis/symbol_cache.h"
#include "run_child.h"
#include "run_lender.h"
#include "run_warm.h"
#include "snapshot/image.h"

enum { RUN_FILES_NAMED = 5 };

struct run_collect {
    /* settings */
    uint64_t session;
    const char *pattern;
    int replace, quiet;
    time_t time;                   /* when the run began */
    int dirfd;                     /* the directory of arenas, -1: there is none */
    const struct run_child *child; /* the main process */
    struct run_lender *lender;     /* is served while we are busy */
    /* results */
    struct image *main_image; /* its last image; NULL: none */
    char *main_path;
    char *files[RUN_FILES_NAMED]; /* the first ones */
    size_t file_count;
    size_t collisions;  /* files that got another name than was wanted; the first are said */
    char *largest_name; /* of the other processes, by peak; NULL: none */
    uint32_t largest_pid;
    uint64_t largest_peak;
    int symbols_cut; /* 1: the time for the main image's symbols was not enough */
    /* inner */
    uint64_t symbols_ns, scan_symbols_ns; /* spent on those of other processes: in all, in a scan */
    struct symbol_cache symbol_files;     /* what all processes of a run have in common */
    struct run_warm warm;                 /* fills it */
    unsigned numbered;                    /* live snapshots written */
    char **abandoned;                     /* names of arenas that stay */
    size_t abandoned_count;
};

/* Collects what can be. Returns how many processes of the session still run, the main one not
 * counted. */
size_t run_collect_scan(struct run_collect *c);
/* Writes what still runs in lent memory, which nobody can reach once we are gone. */
void run_collect_lent(struct run_collect *c);
/* Begins to look for the symbols that the main process will need, if it needs them by now; returns
 * at once. */
void run_collect_warm(struct run_collect *c);
/* Writes a numbered snapshot of the running main process. */
void run_collect_live(struct run_collect *c);
/* Calls `visit` with each process that still runs, the main one not included. */
typedef void run_collect_visit(void *context, uint32_t pid, const char *exe);
void run_collect_each_alive(struct run_collect *c, run_collect_visit *visit, void *context);
void run_collect_fini(struct run_collect *c);

#endif

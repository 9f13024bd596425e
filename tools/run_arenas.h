/* The arenas of one session at one moment, in its directory and lent, and which of their processes
 * are gone. malloc'd; out of memory aborts. Not thread-safe. */
#ifndef TOOLS_RUN_ARENAS_H
#define TOOLS_RUN_ARENAS_H

#include <stddef.h>
#include <stdint.h>
#include "run_child.h"
#include "run_lender.h"
#include "snapshot/arena_file.h"

enum run_arena_state {
    RUN_ARENA_LIVE,     /* its process runs, and may go on with this image */
    RUN_ARENA_REPLACED, /* a later image of the same process exists */
    RUN_ARENA_LAST      /* its process is gone and this was its last image */
};

struct run_arena {
    struct run_loan *loan;     /* borrowed; NULL: a file in the directory */
    char name[ARENA_NAME_MAX]; /* of that file */
    struct arena_header header;
    int gone;
    enum run_arena_state state;
};

struct run_arenas {
    struct run_arena *items;
    size_t count;
};

/* Lists the arenas of `session` under `dirfd` (-1: there is no directory) and the lender's. The
 * main process is gone when `child` says that it ended, whatever /proc says. Arenas that cannot be
 * opened are left out; a loan that its borrower never used is forgotten when that is gone. */
void run_arenas_list(struct run_arenas *arenas, int dirfd, uint64_t session,
                     struct run_lender *lender, const struct run_child *child);
void run_arenas_free(struct run_arenas *arenas);

/* What a process of the session has recorded by now; NULL: it is not traced yet, or gone. */
struct image *run_arenas_read_live(uint32_t pid, uint64_t session);

/* 1 if these identify the main process. */
int run_arenas_is_main(uint32_t pid, uint64_t start_ticks, const struct run_child *child);

#endif

/* Lends memfds to processes of the session that can have no arena file of their own
 * (src/snapshot/lender.h), and keeps a descriptor of each, so that no death loses what is in it.
 *
 * Answers only inside run_lender_serve, which never waits: to be called whenever `events` is
 * readable, and in between by whoever is busy for long. malloc'd; out of memory aborts. One thread.
 */
#ifndef TOOLS_RUN_LENDER_H
#define TOOLS_RUN_LENDER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "snapshot/arena_file.h"

struct run_loan {
    pid_t pid; /* who asked, as we see it; 0: in a pid namespace that we cannot see */
    uint64_t start_ticks;
    struct arena_file file; /* but for fd, valid from the time that run_loan_is_arena says so */
    int is_arena;
    uint32_t image; /* counts the execs: nobody tells the process about its earlier loans */
};

struct run_lender {
    int listener, events;    /* -1: nothing is lent */
    struct run_loan **loans; /* in the order in which they were asked for */
    size_t count;
};

/* Listens from now on. Where that fails nothing is lent, and all else works. */
void run_lender_open(struct run_lender *lender, uint64_t session);
void run_lender_serve(struct run_lender *lender);
/* Has the borrower made an arena of it? */
int run_loan_is_arena(struct run_loan *loan);
/* Closes the file and frees the loan. */
void run_lender_forget(struct run_lender *lender, struct run_loan *loan);
void run_lender_close(struct run_lender *lender);

#endif

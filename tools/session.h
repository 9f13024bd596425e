/* A mark in the arena directory while `heapline run` collects a session: what its processes left
 * is not lost, and `ps --prune` and `recover` must not take it away. The mark is a locked file, so
 * it holds exactly as long as the process that made it. */
#ifndef TOOLS_SESSION_H
#define TOOLS_SESSION_H

#include <stdint.h>

struct session_mark {
    int directory; /* in which the session's arenas are to be; -1: there is none */
    int file;      /* -1: not marked */
};

/* Makes the mark, and the directory where it is missing. */
void session_mark(struct session_mark *mark, uint64_t session);
/* Removes the mark and closes both. */
void session_unmark(struct session_mark *mark, uint64_t session);
/* 1 if a living `heapline run` collects the session. 0 is no session. */
int session_is_collected(int dirfd, uint64_t session);
/* Removes the marks that runs left which were killed. */
void session_prune_marks(int dirfd);

#endif

/* A mark in the arena directory while `heapline run` collects a session: what its processes left
 * is not lost, and `ps --prune` and `recover` must not take it away. The mark is a locked file, so
 * it holds exactly as long as the process that made it. */
#ifndef TOOLS_SESSION_H
#define TOOLS_SESSION_H

#include <stdint.h>

/* Makes the mark, and the directory where it is missing. A descriptor for session_unmark, or -1:
 * then there is no mark. */
int session_mark(uint64_t session);
void session_unmark(uint64_t session, int mark);
/* 1 if a living `heapline run` collects the session. 0 is no session. */
int session_is_collected(int dirfd, uint64_t session);
/* Removes the marks that runs left which were killed. */
void session_prune_marks(int dirfd);

#endif

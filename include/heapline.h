/* heapline: capture.
 *
 * For programs that are linked with libheapline or run under it. Every call works from any thread;
 * those marked [S] are async-signal-safe too. Results: 0 done, -1 error (described in `err`),
 * HEAPLINE_OFF not tracing. Sizes are bytes as the program requested them, never usable sizes.
 *
 * Preloaded (LD_PRELOAD=libheapline.so, or `heapline run`), tracing starts when the library is
 * loaded; linked, it starts with heapline_start() or HEAPLINE_START=1 in the environment.
 */
#ifndef HEAPLINE_H
#define HEAPLINE_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default) /* the library is built with hidden symbols */

enum { HEAPLINE_OFF = -2, HEAPLINE_NFRAME_MAX = 65535 };
enum { HEAPLINE_DOMAIN_MALLOC = 0, HEAPLINE_DOMAIN_OBJECTS = 0x686763 /* "hgc" */ };

enum heapline_code {
    HEAPLINE_OK,
    HEAPLINE_BAD_ARGUMENT,
    HEAPLINE_BAD_STATE,
    HEAPLINE_NO_MEMORY,
    HEAPLINE_IO,
    HEAPLINE_BAD_FILE,
    HEAPLINE_NEWER_FILE,
    HEAPLINE_NO_PROCESS,
    HEAPLINE_BAD_TYPE,
    HEAPLINE_NO_KEY,
    HEAPLINE_BAD_INDEX
};

/* The one error type. Always the last argument, the caller's, may be NULL, written only on
 * failure. os_errno is 0 where no system call failed. */
struct heapline_error {
    int code, os_errno;
    char message[240];
};

struct heapline_count {
    uint64_t bytes, count;
};

/* current: live now. peak: at the moment when live bytes were highest (the first, of equals).
 * total: ever allocated. frees: frees and the freeing half of reallocs. temporary: blocks freed by
 * the thread that allocated them with no allocation by that thread in between. failed: calls that
 * returned NULL for want of memory. */
struct heapline_totals {
    struct heapline_count current, peak, total;
    uint64_t frees, temporary, failed;
};

/* The library's version, "MAJOR.MINOR.PATCH"; static storage. [S] */
const char *heapline_version(void);

/* 1 while allocations are recorded, else 0. [S] */
int heapline_is_tracing(void);

/* Live bytes and their maximum, all domains; (0, 0) when not tracing. Either may be NULL. [S] */
void heapline_get_traced_memory(uint64_t *current, uint64_t *peak);

/* Private memory and arena pages that the tracer itself uses, in bytes. [S] */
uint64_t heapline_get_tracer_memory(void);

/* Writes what has been recorded so far to `path`, which must not exist (HEAPLINE_IO with os_errno
 * EEXIST otherwise). Not while off (HEAPLINE_BAD_STATE). The file is heapline-snapshot(5). */
int heapline_write_snapshot(const char *path, struct heapline_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif

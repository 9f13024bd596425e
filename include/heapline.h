/* heapline: capture.
 *
 * For programs that are linked with libheapline or run under it. Every call works from any thread;
 * those marked [S] are async-signal-safe too. Results: 0 done, -1 error (described in `err` where
 * there is one), HEAPLINE_OFF not tracing. Sizes are bytes as the program requested them, never
 * usable sizes. The semantics are those of Python's tracemalloc (CPython 3.11) where it has the
 * same call; heapline(3) says where C makes a difference.
 *
 * Preloaded (LD_PRELOAD=libheapline.so, or `heapline run`), tracing starts when the library is
 * loaded; linked, it starts with heapline_start() or HEAPLINE_START=1 in the environment.
 *
 * With -DHEAPLINE_OPTIONAL all declarations are weak: a program that is not linked with the library
 * finds their addresses NULL unless it is preloaded. Only in position-independent code.
 */
#ifndef HEAPLINE_H
#define HEAPLINE_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default) /* the library is built with hidden symbols */

#ifdef HEAPLINE_OPTIONAL
#define HEAPLINE_API __attribute__((weak))
#else
#define HEAPLINE_API
#endif

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

/* current: live now. peak: at the moment when live bytes of all domains were highest (the first, of
 * equals). total: ever allocated. frees: frees and the freeing half of reallocs. temporary: blocks
 * freed by the thread that allocated them with no allocation by that thread in between. failed:
 * calls that returned NULL for want of memory. */
struct heapline_totals {
    struct heapline_count current, peak, total;
    uint64_t frees, temporary, failed;
};

/* The library's version, "MAJOR.MINOR.PATCH"; static storage. [S] */
HEAPLINE_API const char *heapline_version(void);

/* --- Tracing --- */

/* Starts tracing with nothing recorded: blocks that exist already are unknown, and their frees
 * harmless. Snapshots keep the `nframe` innermost frames of each call path, 1 to 65535
 * (HEAPLINE_BAD_ARGUMENT otherwise, checked first). While tracing is on, nothing more happens: the
 * limit and all that is recorded stay. -1 also for HEAPLINE_NO_MEMORY, HEAPLINE_BAD_STATE (in a
 * constructor that runs before the library's own). */
HEAPLINE_API int heapline_start(int nframe, struct heapline_error *err);

/* Ends tracing and forgets everything recorded, in all domains. The limit stays readable. Costs
 * nothing for each live block. */
HEAPLINE_API void heapline_stop(void);

/* 1 while allocations are recorded, else 0. [S] */
HEAPLINE_API int heapline_is_tracing(void);

/* Forgets everything recorded, in all domains; tracing goes on. Costs nothing for each live block.
 * Nothing while off. */
HEAPLINE_API void heapline_clear_traces(void);

/* The peak is what is live now. Nothing while off. */
HEAPLINE_API void heapline_reset_peak(void);

/* The limit of the last start, HEAPLINE_NFRAME or 65535 when preloaded; 1 before the first. [S] */
HEAPLINE_API int heapline_get_traceback_limit(void);

/* This thread's allocations are not recorded until as many calls of heapline_resume_thread; what it
 * frees still is, and so is what it tracks. */
HEAPLINE_API void heapline_pause_thread(void);
HEAPLINE_API void heapline_resume_thread(void);

/* --- Figures --- */

/* Live bytes and their maximum, all domains; (0, 0) when not tracing. Either may be NULL. [S] */
HEAPLINE_API void heapline_get_traced_memory(uint64_t *current, uint64_t *peak);

/* Private memory and arena pages that the tracer itself uses, in bytes. [S] */
HEAPLINE_API uint64_t heapline_get_tracer_memory(void);

/* The totals of one domain, or of all: sums over all call paths, some nanoseconds for each.
 * HEAPLINE_OFF and zeros when not tracing. `failed` is malloc's, so of domain 0. */
HEAPLINE_API int heapline_get_totals(unsigned domain, struct heapline_totals *out);
HEAPLINE_API int heapline_get_all_totals(struct heapline_totals *out);

/* --- Blocks --- */

/* The call path that allocated a live block of malloc: return addresses, innermost first, `max` at
 * most; returns how many were written. *total_nframe, which may be NULL, is how many there are. 0
 * and 0 when the block is not known or tracing is off. `block` is what malloc returned. */
HEAPLINE_API int heapline_get_block_traceback(const void *block, uintptr_t *address, int max,
                                              int *total_nframe);
/* The same of a block of any domain. */
HEAPLINE_API int heapline_get_traceback(unsigned domain, uintptr_t block, uintptr_t *address,
                                        int max, int *total_nframe);

/* Records a block of the program's own, under the caller's call path, as tracemalloc's
 * PyTraceMalloc_Track does: `block` is any number that names it in the domain. A block that is
 * tracked already is replaced, which counts as a free and an allocation. In domain 0, whose blocks
 * malloc makes, what malloc has returned can be untracked and parts of it tracked instead.
 * 0, -1 (no memory: the event counts as not seen), or HEAPLINE_OFF. */
HEAPLINE_API int heapline_track(unsigned domain, uintptr_t block, size_t size);
/* The same with a type that heapline_register_type has given for the domain; 0: none. -1 if it has
 * not. */
HEAPLINE_API int heapline_track_typed(unsigned domain, uintptr_t block, size_t size, unsigned type);
/* The block has gone. 0 also if it is unknown; HEAPLINE_OFF. */
HEAPLINE_API int heapline_untrack(unsigned domain, uintptr_t block);

/* --- Names, which last until the process ends; not before the first start (-1) --- */

/* A domain's name in reports. 0 or -1. */
HEAPLINE_API int heapline_name_domain(unsigned domain, const char *name);
/* A type's number, > 0 and the same for the same name in a domain; or -1. */
HEAPLINE_API int heapline_register_type(unsigned domain, const char *name);
/* A name and a value that every snapshot carries; a later value replaces an earlier one. -1:
 * HEAPLINE_BAD_ARGUMENT, HEAPLINE_BAD_STATE, HEAPLINE_NO_MEMORY. */
HEAPLINE_API int heapline_set_label(const char *name, const char *value,
                                    struct heapline_error *err);

/* --- Snapshots --- */

/* Writes what has been recorded so far to `path`, which must not exist (HEAPLINE_IO with os_errno
 * EEXIST otherwise). Not while off (HEAPLINE_BAD_STATE). The file is heapline-snapshot(5). */
HEAPLINE_API int heapline_write_snapshot(const char *path, struct heapline_error *err);

/* --- Scopes --- */

struct heapline_scope;
/* allocated: in the scope. freed: of these, those that were freed before its end. kept: those that
 * were not. peak: the most of them that were live at once. A realloc frees and allocates. */
struct heapline_scope_result {
    struct heapline_count allocated, freed, kept, peak;
};
struct heapline_scope_block {
    uintptr_t block;
    uint64_t size;
    unsigned domain;
};

/* Begins to account for what the calling thread allocates, or all threads do; whoever frees it.
 * Scopes of the same thread or process nest: each counts by itself. Ends with heapline_scope_end,
 * from any thread. NULL: HEAPLINE_BAD_STATE (off), HEAPLINE_NO_MEMORY. What heapline_stop or
 * heapline_clear_traces make unknown is neither freed nor kept. */
HEAPLINE_API struct heapline_scope *heapline_scope_begin(int whole_process,
                                                         struct heapline_error *err);
/* The blocks that are live now: copies `max` at most into `out`, returns how many there are. */
HEAPLINE_API size_t heapline_scope_kept(const struct heapline_scope *scope,
                                        struct heapline_scope_block *out, size_t max);
/* Ends and frees a scope; `out` may be NULL. 0, or -1: no such scope is open. */
HEAPLINE_API int heapline_scope_end(struct heapline_scope *scope,
                                    struct heapline_scope_result *out);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif

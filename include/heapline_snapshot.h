/* heapline: snapshots.
 *
 * For programs that are linked with libheapline-snapshot (or load it when they want it: see
 * HEAPLINE_OPTIONAL in heapline.h): load, take, filter, group, compare and
 * print snapshots. The rules are those of CPython 3.11's tracemalloc, whose classes these calls
 * stand for: Snapshot, Trace, Traceback, Frame, Filter, DomainFilter, Statistic and StatisticDiff.
 *
 * Ownership: what a call returns by `struct x *` is the caller's, who gives it back with the
 * matching _free. What a call hands out by `const ... *` belongs to the object it was asked of and
 * lives as long as that.
 * Threads: a snapshot is immutable once made, so any thread may read it, several at a time.
 * heapline_snapshot_new, _add and _set_label are for one thread, before others know the snapshot.
 * No call here is async-signal-safe.
 * Errors: NULL or -1, and `err`, if it is not NULL, says why. A NULL where an object is due is
 * HEAPLINE_BAD_ARGUMENT, never a crash; _free(NULL) does nothing. Want of memory is
 * HEAPLINE_NO_MEMORY. What else a call can fail with stands beside it.
 * Sizes are bytes as the program requested them. In a traced program, what these calls allocate
 * does not show in its figures.
 */
#ifndef HEAPLINE_SNAPSHOT_H
#define HEAPLINE_SNAPSHOT_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "heapline.h"
#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default) /* the library is built with hidden symbols */

struct heapline_snapshot;
struct heapline_rows;

/* A place in the source. `file` is never NULL in what the library returns: without debug
 * information it is MODULE(FUNCTION+0x1a), MODULE+0x1234 or <unknown>, and the line 0. `function`
 * and `module` are NULL where unknown. inlined: 1 if the call was inlined into the next outer
 * frame's. */
struct heapline_frame {
    const char *file, *function, *module;
    int line, inlined;
};

/* A call path, the oldest frame first, the allocating line last. total_nframe: how many frames the
 * path had before a limit cut it; -1: not known. Allocation wrappers (malloc, operator new,
 * strdup ...) at its end are left out of both. */
struct heapline_traceback {
    const struct heapline_frame *frames;
    int nframe, total_nframe;
};

/* One call path x domain x type; or, in a snapshot made with blocks = 1, one live block with its
 * address (else `block` is 0), whose current and total are the block itself and whose peak is
 * nothing. type is NULL where there is none. */
struct heapline_trace {
    struct heapline_traceback traceback;
    const char *type;
    unsigned domain;
    uintptr_t block;
    struct heapline_count current, peak, total; /* peak: at the moment of the global peak */
    uint64_t temporary;
};

/* Filter, or DomainFilter where filename_pattern is NULL. The pattern is one of Python's fnmatch
 * on the whole file name: `*`, `?`, `[a-z]`, `[!a-z]`, no escapes. It is held against the most
 * recent frame, with all_frames against each; lineno must match in the same frame. inclusive: 1
 * keeps what matches, 0 drops it. */
struct heapline_filter {
    const char *filename_pattern;
    int64_t domain; /* -1: any */
    int lineno;     /* -1: any */
    int inclusive, all_frames;
};

/* What rows are grouped by: file and line of the most recent frame, its file, the whole call path,
 * its function (merged across modules), its module, the domain, the type. */
enum heapline_key {
    HEAPLINE_BY_LINENO = 1,
    HEAPLINE_BY_FILENAME,
    HEAPLINE_BY_TRACEBACK,
    HEAPLINE_BY_FUNCTION,
    HEAPLINE_BY_MODULE,
    HEAPLINE_BY_DOMAIN,
    HEAPLINE_BY_TYPE
};

/* CUMULATIVE: a trace counts at every frame of its path, as often as a frame occurs; not by
 * traceback, domain or type. WITH_FREED: rows also for keys with nothing live. */
enum { HEAPLINE_CUMULATIVE = 1, HEAPLINE_WITH_FREED = 2 };

/* Statistic; StatisticDiff where is_diff is 1. By lineno and filename the traceback has one frame
 * (line 0 by filename), by traceback all; by the other keys none, and `name` is the key's value,
 * which is NULL elsewhere. size and count are what is live in the newer snapshot, the differences
 * newer minus older; peak, total and temporary are the newer's. */
struct heapline_row {
    struct heapline_traceback traceback;
    const char *name;
    uint64_t size, count;
    int64_t size_diff, count_diff;
    struct heapline_count peak, total;
    uint64_t temporary;
    int is_diff;
};

/* --- Making snapshots --- */

/* What is live in this process now, which libheapline must be tracing: HEAPLINE_BAD_STATE while it
 * is off or not in the process. blocks: 1 also keeps the address and size of every live block. */
HEAPLINE_API struct heapline_snapshot *heapline_take_snapshot(int blocks,
                                                              struct heapline_error *err);

/* A snapshot file: HEAPLINE_IO, HEAPLINE_BAD_FILE (damaged or something else),
 * HEAPLINE_NEWER_FILE. */
HEAPLINE_API struct heapline_snapshot *heapline_snapshot_load(const char *path,
                                                              struct heapline_error *err);

/* What another process (or this one) has live, without stopping it: HEAPLINE_NO_PROCESS (there is
 * none, or it is not traced), HEAPLINE_IO (we may not look at it), HEAPLINE_BAD_FILE. */
HEAPLINE_API struct heapline_snapshot *heapline_snapshot_of_process(pid_t pid,
                                                                    struct heapline_error *err);

/* An empty snapshot, to be filled with heapline_snapshot_add. The limit, 1 to 65535, is what
 * heapline_snapshot_traceback_limit will say; paths are not cut. */
HEAPLINE_API struct heapline_snapshot *heapline_snapshot_new(int traceback_limit,
                                                             struct heapline_error *err);

/* Adds a copy of a trace. Function, module and type may be NULL; nframe 0 becomes <unknown>:0, as
 * does a file that is NULL. Its frames are taken as they are: none is an allocation wrapper. Equal
 * traces stay separate. -1: HEAPLINE_BAD_ARGUMENT for a negative line or number of frames,
 * HEAPLINE_BAD_STATE for a snapshot that was not made by heapline_snapshot_new or has been read
 * already. */
HEAPLINE_API int heapline_snapshot_add(struct heapline_snapshot *s, const struct heapline_trace *t,
                                       struct heapline_error *err);

/* What the snapshot should remember beside its traces; replaces a label of the same name. */
HEAPLINE_API int heapline_snapshot_set_label(struct heapline_snapshot *s, const char *name,
                                             const char *value, struct heapline_error *err);

/* Writes a file that heapline_snapshot_load and the commands read, with the functions, files and
 * lines in it. Never over an existing file (HEAPLINE_IO with os_errno EEXIST); on failure there is
 * none. */
HEAPLINE_API int heapline_snapshot_dump(const struct heapline_snapshot *s, const char *path,
                                        struct heapline_error *err);

HEAPLINE_API void heapline_snapshot_free(struct heapline_snapshot *s);

/* --- Reading snapshots --- */

/* How many frames were kept of each call path at most. 0 for NULL. */
HEAPLINE_API int heapline_snapshot_traceback_limit(const struct heapline_snapshot *s);

/* NULL: there is no such label. */
HEAPLINE_API const char *heapline_snapshot_label(const struct heapline_snapshot *s,
                                                 const char *name);

/* Sums over the traces of a domain; a domain without any has zeros. frees and failed are the
 * process', 0 after filtering. */
HEAPLINE_API int heapline_snapshot_totals(const struct heapline_snapshot *s, unsigned domain,
                                          struct heapline_totals *out);

/* The traces, in no order; returns how many. The first call makes them, and finds the lines of all
 * call paths: 0, and *out NULL, for want of memory. */
HEAPLINE_API size_t heapline_snapshot_traces(const struct heapline_snapshot *s,
                                             const struct heapline_trace **out);

/* A new snapshot with the traces that match any of the inclusive filters (or if there are none) and
 * none of the others; limit and labels stay. n 0: an equal copy. HEAPLINE_BAD_ARGUMENT for a domain
 * or line that cannot be. */
HEAPLINE_API struct heapline_snapshot *
heapline_snapshot_filter_traces(const struct heapline_snapshot *s,
                                const struct heapline_filter *filters, size_t n,
                                struct heapline_error *err);

/* Rows by a key of enum heapline_key, the largest first: by size, count and traceback (or name),
 * all descending. HEAPLINE_BAD_ARGUMENT: unknown key, or one that cannot be cumulative. */
HEAPLINE_API struct heapline_rows *heapline_snapshot_statistics(const struct heapline_snapshot *s,
                                                                int key, unsigned flags,
                                                                struct heapline_error *err);

/* How `s` differs from an older snapshot: a row for every key of either, by the size of the
 * difference, size, difference of counts, count and traceback (or name), all descending. */
HEAPLINE_API struct heapline_rows *heapline_snapshot_compare_to(const struct heapline_snapshot *s,
                                                                const struct heapline_snapshot *old,
                                                                int key, unsigned flags,
                                                                struct heapline_error *err);

/* The rows in their order; returns how many. They stay valid when their snapshots are freed. */
HEAPLINE_API size_t heapline_rows_get(const struct heapline_rows *rows,
                                      const struct heapline_row **out);
HEAPLINE_API void heapline_rows_free(struct heapline_rows *rows);

/* --- Tracebacks and texts --- */

/* <0, 0, >0: frame by frame, the oldest first, by file, then by the number of the line; a traceback
 * comes after its own beginning. total_nframe does not count. NULL is an empty traceback. */
HEAPLINE_API int heapline_traceback_compare(const struct heapline_traceback *a,
                                            const struct heapline_traceback *b);

/* What return addresses of this process mean, innermost first as heapline_get_block_traceback
 * gives them: a snapshot of one trace of nothing. */
HEAPLINE_API struct heapline_snapshot *heapline_symbolize(const uintptr_t *address, int n,
                                                          struct heapline_error *err);

/* These write at most size bytes with a NUL and return the length of the whole text without it, as
 * snprintf does; -1 where there is nothing to be put into words (NULL, a traceback of no frames).
 *
 * row: "FILE:LINE: size=282 KiB, count=2003, average=144 B", with the differences in parentheses
 * behind size and count, and without the average where the count is 0. The frame is the traceback's
 * oldest; where there is none, the name stands in its place.
 * trace: "FILE:LINE: 282 KiB", the oldest frame again.
 * size: "282 KiB", "+0 B" with_sign. */
HEAPLINE_API int heapline_row_text(const struct heapline_row *row, char *buf, size_t size);
HEAPLINE_API int heapline_trace_text(const struct heapline_trace *trace, char *buf, size_t size);
HEAPLINE_API int heapline_size_text(double bytes, int with_sign, char *buf, size_t size);

/* A line `  File "NAME", line N` for each frame, followed by `    ` and the source line where that
 * can be read and is not blank; each ends in '\n'. limit > 0: the most recent ones, 0: none, < 0:
 * all but the most recent -limit, INT_MAX: all. The oldest comes first unless most_recent_first.
 * An empty traceback is an empty text. */
HEAPLINE_API int heapline_traceback_text(const struct heapline_traceback *tb, int limit,
                                         int most_recent_first, char *buf, size_t size);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif

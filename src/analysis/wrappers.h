/* Which frames are allocation wrappers, so that a block is charged to who asked for it: the malloc
 * family, operator new, libc functions that return a new block, the C++ and Rust libraries.
 *
 * Pure but for the caller's list of further globs, which is borrowed. Thread-safe.
 */
#ifndef ANALYSIS_WRAPPERS_H
#define ANALYSIS_WRAPPERS_H

#include <stddef.h>

enum wrapper_kind {
    WRAPPER_NONE,
    WRAPPER_YES,
    /* inside libc: part of a wrapper if libc frames alone lie between it and one, as the workings
     * of vasprintf do; otherwise a frame like any other, as fopen */
    WRAPPER_LIBC
};

struct wrapper_list { /* --wrapper: globs for the function or the file */
    const char *const *globs;
    size_t count;
};

/* Any text may be NULL. */
enum wrapper_kind wrappers_classify(const struct wrapper_list *more, const char *function,
                                    const char *file, const char *module);
/* 1: the module is the C library; its path may be NULL. */
int wrappers_is_libc(const char *module);

#endif

/* One spelling for each source path: "a/./b/../c.c" is "a/c.c", so that equal files compare equal.
 * Lexical, since the files need not be here. Pure; thread-safe.
 */
#ifndef ANALYSIS_SOURCE_PATH_H
#define ANALYSIS_SOURCE_PATH_H

/* Rewrites the path in place and returns it. */
char *source_path_normalize(char *path);
/* A malloc'ed normal path, NULL for want of memory: `path`, from `directory` (which may be NULL) if
 * it is relative to it, as in builds that hide where they were made. */
char *source_path_new(const char *directory, const char *path);

#endif

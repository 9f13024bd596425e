/* One spelling for each source path: "a/./b/../c.c" is "a/c.c", so that equal files compare equal.
 * Lexical, since the files need not be here. Pure; thread-safe.
 */
#ifndef ANALYSIS_SOURCE_PATH_H
#define ANALYSIS_SOURCE_PATH_H

/* Rewrites the path in place and returns it. */
char *source_path_normalize(char *path);

#endif

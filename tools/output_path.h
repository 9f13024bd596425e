/* The paths of the snapshot files of one run. Results are malloc'd, the caller's; out of memory
 * aborts. No state. */
#ifndef TOOLS_OUTPUT_PATH_H
#define TOOLS_OUTPUT_PATH_H

#include "snapshot/output_name.h"

/* output_name_expand in memory of its own. */
char *output_path_expand(const char *pattern, const struct output_name *values);
/* A shell pattern for all files of a run, children's included. */
char *output_path_glob(const char *pattern);
/* "a.snap" + "exec1" = "a.exec1.snap"; a name that does not end in .snap: "a" + "exec1" =
 * "a.exec1". */
char *output_path_insert(const char *path, const char *part);

#endif

/* Can the tracer be loaded into a program? Looks at files only, never runs anything. No state;
 * ordinary malloc; not for signal handlers. */
#ifndef TOOLS_RUN_ELF_H
#define TOOLS_RUN_ELF_H

#include <stddef.h>

/* The file that execvp would execute for `program`: 0 and its path, or ENOENT, EACCES or
 * ENAMETOOLONG. */
int run_elf_find(const char *program, char *path, size_t path_size);

/* Why LD_PRELOAD would not reach the process that executes `path`: a static text that completes
 * "cannot be traced: ", or NULL if nothing is known against it (nor against a file that cannot be
 * read). Follows #! lines; `elf` (PATH_MAX bytes) gets the path at their end. */
const char *run_elf_obstacle(const char *path, char *elf);

#endif

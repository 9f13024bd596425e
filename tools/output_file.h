/* Writing snapshot files. Says what goes wrong on stderr itself. */
#ifndef TOOLS_OUTPUT_FILE_H
#define TOOLS_OUTPUT_FILE_H

#include <limits.h>
#include "snapshot/image.h"

#define OUTPUT_FILE_HELP                                                                           \
    "write the snapshot to FILE; %p is the PID, %e the program's name, %h the host, %t the time, " \
    "%% a percent sign"

/* Is it a pattern for file names? 0, or -1 after saying why not. */
int output_file_check_pattern(const char *pattern);

/* Can a snapshot be written to `path`? 0, or -1 after saying why not. Creates nothing that stays.
 */
int output_file_check(const char *path);

/* Writes the image to `path`; unless `replace`, an existing file stays and `taken` (PATH_MAX bytes)
 * is path.1, path.2 ... 0, or -1 after saying why not. */
int output_file_write(const struct image *image, const char *path, int replace, char *taken);

/* A message when the file has another name than the wanted one. */
void output_file_note_collision(const char *path, const char *taken);

/* For the commands whose result is one file: expands the pattern, puts `part` in unless it is NULL,
 * writes the file, says so when another name was taken and prints the name on stdout.
 * EXIT_OK, or EXIT_OUTPUT after saying why. */
int output_file_save(const struct image *image, const char *pattern, const char *part, int replace);

#endif

/* Paths that still mean the same file after a chdir. */
#ifndef BASE_ABSOLUTE_H
#define BASE_ABSOLUTE_H

#include <stddef.h>

/* `path` behind the working directory of now, in `buffer`; or itself if it is absolute or empty,
 * the directory cannot be told, or there is no room. A system call, no allocation. Thread-safe. */
const char *absolute_path(const char *path, char *buffer, size_t size);

#endif

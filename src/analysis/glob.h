/* Python's fnmatchcase: `*`, `?`, `[abc]`, `[!a-z]`, no escaping, the whole text. Characters are
 * UTF-8; a byte that is none is a character of its own. Pure; thread-safe.
 */
#ifndef ANALYSIS_GLOB_H
#define ANALYSIS_GLOB_H

#include <stddef.h>

int glob_match(const char *pattern, size_t pattern_size, const char *text);

#endif

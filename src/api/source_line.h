/* Lines of source files. No state; thread-safe. */
#ifndef API_SOURCE_LINE_H
#define API_SOURCE_LINE_H

#include "base/text.h"

enum { SOURCE_LINE_MAX = 4096 }; /* longer ones are cut */

/* The line (1: the first) without the blanks around it. Returns its length; 0: there is none, or it
 * cannot be read. */
size_t source_line_read(const char *file, int line, char buf[SOURCE_LINE_MAX]);

#endif

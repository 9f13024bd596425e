/* The amounts of a row as tracemalloc writes them: "size=282 KiB (+1 KiB), count=2003 (+1),
 * average=144 B". Pure; thread-safe. */
#ifndef ANALYSIS_ROW_TEXT_H
#define ANALYSIS_ROW_TEXT_H

#include "base/text.h"
#include "heapline.h"

enum { ROW_TEXT_MAX = 256 }; /* more than one call puts of 64-bit numbers */

/* `then` is NULL where nothing is compared. `name` is what the bytes are called. */
void row_text_amounts(struct text *t, const char *name, const struct heapline_count *now,
                      const struct heapline_count *then);
/* "NAME=12 (+3)". */
void row_text_number(struct text *t, const char *name, uint64_t now, const uint64_t *then);

#endif

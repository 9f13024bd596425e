/* The snapshot that the process writes itself: at its end when nobody else will, or on request. */
#ifndef TRACER_FINAL_H
#define TRACER_FINAL_H

#include "heapline.h"

/* The process is ending by exit: says so in the arena. */
void final_mark(void);
/* Writes the snapshot under the name that HEAPLINE_OUTPUT gives; never over an existing file. */
int final_publish(void);
/* The process as it is now, as the bytes of a snapshot; buffer_fini when done. `blocks`, an array
 * of struct image_block with the arena's sites, goes into it unless it is NULL. */
struct buffer;
int final_encode(struct buffer *out, const struct buffer *blocks, struct heapline_error *err);
/* Writes them to `path`. */
int final_write(const char *path, struct heapline_error *err);

#endif

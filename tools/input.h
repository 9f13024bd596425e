/* The snapshots that a command is given: files, or processes by PID. Says what is wrong on stderr
 * itself. The caller owns the image (image_free).
 */
#ifndef TOOLS_INPUT_H
#define TOOLS_INPUT_H

#include "snapshot/image.h"

/* A word of digits only is a PID. EXIT_OK, or the status to exit with, after saying why. */
int input_read(const char *word, struct image **image);

#endif

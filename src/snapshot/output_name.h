/* Names of snapshot files: patterns and what is put into them. For the traced process as for the
 * tools: no malloc, no stdio, no state. */
#ifndef SNAPSHOT_OUTPUT_NAME_H
#define SNAPSHOT_OUTPUT_NAME_H

#include <stdint.h>
#include <time.h>
#include "base/text.h"

#define OUTPUT_NAME_DEFAULT "heapline.%e.%p.snap"

struct output_name {
    const char *exe; /* path of the executable; %e is its last part */
    uint32_t pid;    /* %p */
    time_t time;     /* %t: seconds since the epoch */
};

/* 0, or the first letter after a % that means nothing; '%' for a % at the end. */
int output_name_check(const char *pattern);
/* %p pid, %e name, %h host, %t time, %% a percent sign; other letters stay as they are. */
void output_name_expand(struct text *name, const char *pattern, const struct output_name *values);
/* 1 if the pattern gives every process a name of its own. */
int output_name_has_pid(const char *pattern);

#endif

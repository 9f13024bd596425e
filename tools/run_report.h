/* What `heapline run` says at the end, on stderr. */
#ifndef TOOLS_RUN_REPORT_H
#define TOOLS_RUN_REPORT_H

#include <stddef.h>
#include "run_collect.h"

/* The main process' top rows (limit 0: all), the files, the largest child, what still runs and the
 * next command to type. */
void run_report_print(struct run_collect *c, size_t limit);

#endif

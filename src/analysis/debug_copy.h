/* A debug file in memory as it would be without compression. libdw inflates the sections of a
 * compressed one itself, but all of them and slowly; this leaves out what nobody here reads, such
 * as the places of variables. */
#ifndef ANALYSIS_DEBUG_COPY_H
#define ANALYSIS_DEBUG_COPY_H

#include <stdint.h>

/* A new descriptor, which the caller closes; -1: there is nothing to gain, or it cannot be done,
 * and the file itself has to do. The file may be damaged. `fd` stays open. */
int debug_copy(int fd);
/* The size of all copies made so far. Thread-safe. */
uint64_t debug_copy_bytes(void);

#endif

/* The lines that hgc_set_debug asks for, on standard error, and the default report of what is
 * unraisable. No stdio; the texts are CPython's. */
#ifndef GC_DEBUG_H
#define GC_DEBUG_H

#include "gc/runtime.h"

/* "gc: WHAT <TYPE 0xADDRESS>", and " made at FILE:LINE" where it is traced. */
void debug_object(struct hgc_runtime *rt, const char *what, const struct hgc_object *o);
void debug_start(const struct hgc_runtime *rt, int generation);
void debug_done(int64_t unreachable, int64_t uncollectable, uint64_t nanoseconds);
/* At the end of a runtime, about its garbage. */
void debug_garbage(struct hgc_runtime *rt);
uint64_t debug_now(void); /* nanoseconds */

#endif

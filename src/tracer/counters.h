/* Exact totals, the global peak, and what the peak was made of.
 *
 * The header's `epoch` counts the peaks that have ended. While live bytes stand at their maximum
 * (`at_peak`), every site's at-peak value simply is its current one. The first change of a site
 * after a peak has ended first saves the site's current value: nothing else ever needs to be
 * copied. Of equal maxima the first counts. All calls need the lock. */
#ifndef TRACER_COUNTERS_H
#define TRACER_COUNTERS_H

#include <stdint.h>
#include "base/arena.h"

void counters_allocated(uint32_t site, uint64_t size);
void counters_freed(uint32_t site, uint64_t size, int temporary);
/* Another block took the place of one whose free was not seen. */
void counters_lost(uint32_t site, uint64_t size);
/* A copy of all counters for the child of a fork that is about to happen. The first costs a copy of
 * everything, later ones of what has changed since. It stays until counters_forget_copy, shared
 * with the child by copy on write. NULL: no memory. */
const struct arena_stat *counters_copy(void);
void counters_forget_copy(void);

/* Back to nothing: in a forked child without a prepared copy only what is live is known. */
void counters_restart(void);

#endif

/* While a call of the library works, what its thread allocates is no allocation of the program.
 * libheapline may be in the process or not; these two are its, and optional. */
#ifndef API_PAUSE_H
#define API_PAUSE_H

#include <stddef.h>

void heapline_pause_thread(void) __attribute__((weak));
void heapline_resume_thread(void) __attribute__((weak));

static inline int pause_begin(void) {
    if (heapline_pause_thread && heapline_resume_thread)
        heapline_pause_thread();
    return 0;
}

static inline void pause_end(const int *scope) {
    (void)scope;
    if (heapline_pause_thread && heapline_resume_thread)
        heapline_resume_thread();
}

/* From here to the end of the block. */
#define PAUSE_TRACING() const int paused __attribute__((cleanup(pause_end), unused)) = pause_begin()

#endif

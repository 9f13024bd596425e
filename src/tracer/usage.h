/* How much private memory the tracer itself holds. */
#ifndef TRACER_USAGE_H
#define TRACER_USAGE_H

#include <stdint.h>

extern uint64_t usage_bytes;

static inline uint64_t usage_get(void) {
    return __atomic_load_n(&usage_bytes, __ATOMIC_RELAXED);
}

static inline void usage_add(uint64_t bytes) {
    __atomic_fetch_add(&usage_bytes, bytes, __ATOMIC_RELAXED);
}

#endif

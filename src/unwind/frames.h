/* A call path as the unwinder delivers it: addresses, innermost first, in a caller's array.
 * An address is a return address unless UNWIND_EXACT is set (a pc that a signal interrupted). */
#ifndef UNWIND_FRAMES_H
#define UNWIND_FRAMES_H

#include <stdint.h>
#include "base/arena.h"

#define UNWIND_EXACT ARENA_IP_EXACT
enum { UNWIND_DEPTH_MAX = 65535 };

struct frames {
    uint64_t *ip;
    uint32_t count, capacity; /* capacity: elements writable now */
    uint32_t guessed;         /* frames found by following rbp through code without CFI */
    uint32_t truncated;       /* 1: the walk could not go on although the stack does */
};

/* Makes room for more elements (up to UNWIND_DEPTH_MAX); 0 or -1. Implemented by the owner. */
int frames_grow(struct frames *f);

static inline int frames_push(struct frames *f, uint64_t ip) {
    if (__builtin_expect(f->count == f->capacity, 0) && frames_grow(f) != 0) {
        f->truncated = 1;
        return -1;
    }
    f->ip[f->count++] = ip;
    return 0;
}

#endif

/* Asking for huge pages where a table is large: fewer page faults, and fewer TLB misses where it is
 * read at random. Only a hint, for mappings and for what malloc maps. No state. */
#ifndef BASE_HUGE_H
#define BASE_HUGE_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "base/sys.h"

static inline void huge_prefer(void *start, size_t size) {
    enum { HUGE_PAGE = 2 << 20 };
    uintptr_t first = ((uintptr_t)start + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
    uintptr_t end = ((uintptr_t)start + size) & ~(uintptr_t)(HUGE_PAGE - 1);
    if (start && first < end)
        sys_madvise((void *)first, end - first, MADV_HUGEPAGE);
}

/* calloc with that hint. Not for what is to grow: realloc would have to copy it. */
static inline void *huge_calloc(size_t count, size_t size) {
    void *made = calloc(count, size);
    if (made)
        huge_prefer(made, count * size);
    return made;
}

#endif

/* Whole pages from the kernel, zeroed, for what is too large for a slab. Thread-safe; errno is left
 * alone. `stress.h` can make it fail.
 *
 * What has the size of a huge page or more lies where the kernel can give it such, as fast as it is
 * filled: one fault then does for 512, and there are fewer misses when it is read at random. */
#ifndef GC_PAGES_H
#define GC_PAGES_H

#include <stddef.h>

enum { PAGES_HUGE = 2 << 20 };

/* NULL without memory. */
void *pages_alloc(size_t size);
/* Grows or shrinks, maybe elsewhere; a NULL old is an allocation. NULL: old is as it was. */
void *pages_resize(void *old, size_t old_size, size_t size);
/* All, or the end of it. */
void pages_free(void *pages, size_t size);

/* From now on, in the whole process: the first touch of a huge page takes as long as zeroing it. */
void pages_avoid_huge(void);
int pages_may_be_huge(void);

/* For what grows in small steps: so much that the last of its pages can be a huge one, too, once
 * half of that is needed. */
static inline size_t pages_to_grow_in(size_t size) {
    size_t rest = size & (PAGES_HUGE - 1);
    return size < PAGES_HUGE / 2 || !rest ? size : size - rest + PAGES_HUGE;
}

#endif

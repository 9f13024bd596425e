/* Whole pages from the kernel, zeroed, for what is too large for a slab. Thread-safe; errno is left
 * alone. `stress.h` can make it fail. */
#ifndef GC_PAGES_H
#define GC_PAGES_H

#include <stddef.h>

/* NULL without memory. */
void *pages_alloc(size_t size);
/* Grows or shrinks, maybe elsewhere; a NULL old is an allocation. NULL: old is as it was. */
void *pages_resize(void *old, size_t old_size, size_t size);
void pages_free(void *pages, size_t size);
/* A hint for large ones that are going to be filled: fewer faults, and fewer misses when they are
 * read at random. NULL is allowed. */
void pages_prefer_huge(void *pages, size_t size);

#endif

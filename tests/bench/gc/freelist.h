/* The simplest allocator there is: for each size a list of free slots, filled from fresh pages that
 * never go back. It stands behind calls into a shared library, as the runtime and malloc do. One
 * thread. Aborts without memory. */
#pragma once

#include <stddef.h>

enum { FREELIST_SIZES = 8 }; /* words */

/* A slot of so many 8-byte words, with anything in it. */
void *freelist_take(size_t words);
void freelist_give(void *slot, size_t words);

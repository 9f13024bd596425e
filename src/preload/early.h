/* Memory for calls that come before our own relocations are done: the IFUNC resolvers of libraries
 * that the loader relocates earlier than us may allocate, and then no pointer of ours is valid yet.
 * A bump pool that never goes back; its blocks are not recorded. Uses nothing but its own object.
 */
#ifndef PRELOAD_EARLY_H
#define PRELOAD_EARLY_H

#include <stddef.h>

/* NULL when the pool is used up. `alignment` 0: that of malloc. */
void *early_allocate(size_t size, size_t alignment);
/* A new block with the contents of `block`, which may be NULL. */
void *early_resize(const void *block, size_t size);

/* Hidden, so that its address needs no relocation. */
extern char early_pool[64 << 10] __attribute__((visibility("hidden")));
static inline int early_owns(const void *block) {
    return (size_t)((const char *)block - early_pool) < sizeof early_pool;
}
/* The size that a block of the pool was allocated with. */
size_t early_size(const void *block);

#endif

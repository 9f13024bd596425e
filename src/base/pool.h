/* A bump allocator over private mappings: for memory that is released all at once.
 * Not thread-safe; async-signal-safe; never calls malloc, so it may run inside a traced process. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

struct pool_chunk;
struct pool {
    struct pool_chunk *last;
    size_t used; /* bytes used of the last chunk */
};

/* `size` zeroed bytes aligned to 16, or NULL. Large requests get a chunk of their own. */
void *pool_alloc(struct pool *pool, size_t size);
/* count * size with overflow check. */
void *pool_array(struct pool *pool, size_t count, size_t size);
/* A NUL-terminated copy of `size` bytes, or NULL. */
char *pool_copy(struct pool *pool, const char *bytes, size_t size);
void pool_fini(struct pool *pool);

#endif

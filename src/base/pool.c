#include "base/pool.h"
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include "base/huge.h"

struct pool_chunk {
    struct pool_chunk *previous;
    size_t size; /* of the mapping */
};

enum { CHUNK = 64 << 10, LARGE = CHUNK / 4 };

static struct pool_chunk *map_chunk(size_t size) {
    int saved = errno;
    struct pool_chunk *chunk =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    errno = saved;
    if (chunk == MAP_FAILED)
        return NULL;
    huge_prefer(chunk, size);
    chunk->size = size;
    return chunk;
}

/* A chunk for one request goes below the current one, whose rest stays usable. */
static void *alloc_large(struct pool *pool, size_t size) {
    struct pool_chunk *chunk = map_chunk(sizeof *chunk + size);
    if (!chunk)
        return NULL;
    if (pool->last) {
        chunk->previous = pool->last->previous;
        pool->last->previous = chunk;
    } else {
        pool->last = chunk;
        pool->used = chunk->size;
    }
    return chunk + 1;
}

static int add_chunk(struct pool *pool) {
    struct pool_chunk *chunk = map_chunk(CHUNK);
    if (!chunk)
        return -1;
    chunk->previous = pool->last;
    pool->last = chunk;
    pool->used = sizeof *chunk;
    return 0;
}

void *pool_alloc(struct pool *pool, size_t size) {
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + 15) & ~(size_t)15;
    if (size >= LARGE)
        return alloc_large(pool, size);
    if ((!pool->last || pool->last->size - pool->used < size) && add_chunk(pool))
        return NULL;
    void *result = (char *)pool->last + pool->used;
    pool->used += size;
    return result;
}

void *pool_array(struct pool *pool, size_t count, size_t size) {
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? NULL : pool_alloc(pool, bytes);
}

char *pool_copy(struct pool *pool, const char *bytes, size_t size) {
    char *copy = size < SIZE_MAX ? pool_alloc(pool, size + 1) : NULL;
    if (copy && size)
        memcpy(copy, bytes, size);
    return copy;
}

void pool_fini(struct pool *pool) {
    int saved = errno;
    struct pool_chunk *chunk = pool->last;
    *pool = (struct pool){0};
    while (chunk) {
        struct pool_chunk *previous = chunk->previous;
        munmap(chunk, chunk->size);
        chunk = previous;
    }
    errno = saved;
}

#include <stdint.h>

#include "preload/early.h"

enum { MALLOC_ALIGNMENT = 16 };

_Alignas(MALLOC_ALIGNMENT) char early_pool[64 << 10];
static size_t used;

/* Each block has its size in front. */
static size_t *size_of(const void *block) {
    return (size_t *)(uintptr_t)((const char *)block - sizeof(size_t));
}

size_t early_size(const void *block) {
    return *size_of(block);
}

void *early_allocate(size_t size, size_t alignment) {
    uintptr_t pool = (uintptr_t)early_pool, at;
    if (alignment < MALLOC_ALIGNMENT)
        alignment = MALLOC_ALIGNMENT;
    at = ((pool + used + sizeof(size_t) + alignment - 1) & ~(alignment - 1)) - pool;
    if (at > sizeof early_pool || size > sizeof early_pool - at)
        return NULL;
    used = at + size;
    *size_of(early_pool + at) = size;
    return early_pool + at;
}

void *early_resize(const void *block, size_t size) {
    volatile char *to = early_allocate(size, 0); /* volatile: no call of memcpy */
    const char *from = block;
    size_t old = block != NULL ? early_size(block) : 0;
    for (size_t i = 0; to != NULL && i < old && i < size; i++)
        to[i] = from[i];
    return (void *)to;
}

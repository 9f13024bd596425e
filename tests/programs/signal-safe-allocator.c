/* A malloc family that may be called at any moment, from signal handlers inside it too: blocks are
 * cut from static storage with one atomic addition and never used again. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { STORAGE = 1 << 30, HEADER = 16 };

static _Alignas(4096) char storage[STORAGE];
static atomic_size_t used;

static void *cut(size_t alignment, size_t size) {
    size_t room = (size + 15) / 16 * 16 + HEADER + (alignment > 16 ? alignment : 0);
    size_t start = size < STORAGE ? atomic_fetch_add(&used, room) : STORAGE;
    if (start + room > STORAGE) {
        errno = ENOMEM;
        return NULL;
    }
    uintptr_t block = (uintptr_t)storage + start + HEADER;
    block = (block + alignment - 1) & ~(alignment - 1);
    ((size_t *)block)[-1] = size;
    return (void *)block;
}

void *malloc(size_t size) {
    return cut(16, size);
}

void free(void *block) {
    (void)block;
}

void *calloc(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return cut(16, bytes);
}

void *realloc(void *old, size_t size) {
    if (old && size == 0)
        return NULL;
    void *block = cut(16, size);
    if (old && block) {
        size_t had = ((size_t *)old)[-1];
        memcpy(block, old, had < size ? had : size);
    }
    return block;
}

void *memalign(size_t alignment, size_t size) {
    return cut(alignment < 16 ? 16 : alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    return memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    *block = memalign(alignment, size);
    return *block ? 0 : ENOMEM;
}

size_t malloc_usable_size(void *block) {
    return block ? ((size_t *)block)[-1] : 0;
}

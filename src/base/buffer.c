#include "base/buffer.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum { FIRST_CAPACITY = 64 << 10, PAGE = 4096 };

static void *map_more(struct buffer *b, size_t capacity) {
    if (b->bytes)
        return mremap(b->bytes, b->capacity, capacity, MREMAP_MAYMOVE);
    return mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void grow(struct buffer *b, size_t wanted) {
    size_t capacity = b->capacity ? b->capacity : FIRST_CAPACITY;
    while (capacity < wanted && capacity <= SIZE_MAX / 4)
        capacity *= 2;
    int saved = errno;
    void *bytes = capacity < wanted ? MAP_FAILED : map_more(b, capacity);
    errno = saved;
    if (bytes == MAP_FAILED) {
        b->failed = 1;
        return;
    }
    b->bytes = bytes;
    b->capacity = capacity;
}

uint8_t *buffer_reserve_slowly(struct buffer *b, size_t size) {
    if (!b->failed && size > b->capacity - b->size) {
        if (size > SIZE_MAX / 2)
            b->failed = 1;
        else
            grow(b, b->size + size);
    }
    return b->failed ? NULL : b->bytes + b->size;
}

void buffer_append(struct buffer *b, const void *bytes, size_t size) {
    if (!size)
        return;
    uint8_t *to = buffer_reserve(b, size);
    if (!to)
        return;
    memcpy(to, bytes, size);
    b->size += size;
}

static void append_little_endian(struct buffer *b, uint64_t value, size_t size) {
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    buffer_append(b, bytes, size);
}

void buffer_u32(struct buffer *b, uint32_t value) {
    append_little_endian(b, value, 4);
}

void buffer_u64(struct buffer *b, uint64_t value) {
    append_little_endian(b, value, 8);
}

void buffer_trim(struct buffer *b) {
    size_t pages = (b->size + PAGE - 1) & ~(size_t)(PAGE - 1);
    int saved = errno;
    if (pages < b->capacity && !munmap(b->bytes + pages, b->capacity - pages))
        b->capacity = pages;
    errno = saved;
}

void buffer_fini(struct buffer *b) {
    int saved = errno;
    if (b->bytes)
        munmap(b->bytes, b->capacity);
    *b = (struct buffer){0};
    errno = saved;
}

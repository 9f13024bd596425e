/* A growing byte buffer in one private mapping. Not thread-safe; never calls malloc. A failed
 * growth sets `failed`, later writes do nothing: test it once, at the end. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

struct buffer {
    uint8_t *bytes;
    size_t size, capacity;
    int failed;
};

/* Room for `size` more bytes behind the contents; NULL once the buffer has failed. */
static inline uint8_t *buffer_reserve(struct buffer *b, size_t size);
uint8_t *buffer_reserve_slowly(struct buffer *b, size_t size);
void buffer_append(struct buffer *b, const void *bytes, size_t size);
void buffer_u32(struct buffer *b, uint32_t value); /* little-endian */
void buffer_u64(struct buffer *b, uint64_t value);
static inline void buffer_varint(struct buffer *b, uint64_t value); /* LEB128 */
/* Gives back the memory behind the contents, so that munmap(bytes, size) gives back the rest. */
void buffer_trim(struct buffer *b);
void buffer_fini(struct buffer *b);

static inline uint8_t *buffer_reserve(struct buffer *b, size_t size) {
    if (!b->failed && size <= b->capacity - b->size)
        return b->bytes + b->size;
    return buffer_reserve_slowly(b, size);
}

static inline void buffer_varint(struct buffer *b, uint64_t value) {
    enum { LONGEST = 10 };
    uint8_t *to = buffer_reserve(b, LONGEST);
    if (!to)
        return;
    for (; value >= 0x80; value >>= 7)
        *to++ = (uint8_t)(value | 0x80);
    *to++ = (uint8_t)value;
    b->size = (size_t)(to - b->bytes);
}

#endif

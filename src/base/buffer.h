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

void buffer_append(struct buffer *b, const void *bytes, size_t size);
void buffer_u32(struct buffer *b, uint32_t value); /* little-endian */
void buffer_u64(struct buffer *b, uint64_t value);
void buffer_varint(struct buffer *b, uint64_t value); /* LEB128 */
/* Gives back the memory behind the contents, so that munmap(bytes, size) gives back the rest. */
void buffer_trim(struct buffer *b);
void buffer_fini(struct buffer *b);

#endif

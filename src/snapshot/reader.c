#include "snapshot/reader.h"
#include <string.h>

void reader_fail(struct reader *r, const char *problem) {
    if (!r->problem)
        r->problem = problem;
    r->at = r->end;
}

const uint8_t *reader_skip(struct reader *r, uint64_t size) {
    if (size > (uint64_t)(r->end - r->at)) {
        reader_fail(r, "a section that ends too early");
        return NULL;
    }
    const uint8_t *at = r->at;
    r->at += size;
    return at;
}

uint64_t reader_word(struct reader *r, size_t size) {
    const uint8_t *bytes = reader_skip(r, size);
    uint64_t value = 0;
    for (size_t i = 0; bytes && i < size; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

uint64_t reader_u64(struct reader *r) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (r->at == r->end)
            break;
        uint8_t byte = *r->at++;
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    reader_fail(r, "a number that does not end");
    return 0;
}

uint64_t reader_below(struct reader *r, uint64_t limit, const char *problem) {
    uint64_t value = reader_u64(r);
    if (value < limit)
        return value;
    reader_fail(r, problem);
    return 0;
}

uint32_t reader_u32(struct reader *r) {
    return (uint32_t)reader_below(r, UINT64_C(1) << 32, "a number that is too large");
}

uint32_t reader_count(struct reader *r, size_t least) {
    uint64_t count = reader_u64(r);
    if (count <= (uint64_t)(r->end - r->at) / least && count < UINT32_MAX)
        return (uint32_t)count;
    reader_fail(r, "more elements than there are bytes");
    return 0;
}

static void *made(struct reader *r, void *memory) {
    if (!memory) {
        reader_fail(r, "not enough memory to read the snapshot");
        r->out_of_memory = 1;
    }
    return memory;
}

void *reader_array(struct reader *r, size_t count, size_t size) {
    return r->problem ? NULL : made(r, pool_array(r->pool, count, size));
}

const uint8_t *reader_bytes(struct reader *r, size_t size) {
    const uint8_t *bytes = reader_skip(r, size);
    return r->problem ? NULL : made(r, pool_copy(r->pool, (const char *)bytes, size));
}

const char *reader_text(struct reader *r, size_t size) {
    const uint8_t *bytes = reader_skip(r, size);
    if (bytes && memchr(bytes, 0, size))
        reader_fail(r, "a text that holds a NUL byte");
    return r->problem ? NULL : made(r, pool_copy(r->pool, (const char *)bytes, size));
}

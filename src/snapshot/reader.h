/* Reading bytes that may be hostile: every read is bounded, the first problem sticks, and after it
 * all reads yield 0 or NULL. The reader borrows bytes and pool; what it makes lies in the pool. */
#ifndef SNAPSHOT_READER_H
#define SNAPSHOT_READER_H

#include <stddef.h>
#include <stdint.h>
#include "base/pool.h"
#include "heapline.h"
#include "snapshot/image.h"

struct reader {
    const uint8_t *at, *end;
    struct pool *pool;
    const char *problem; /* NULL: none so far */
    int out_of_memory;
};

void reader_fail(struct reader *r, const char *problem);

uint64_t reader_word(struct reader *r, size_t size); /* little-endian */
uint64_t reader_u64(struct reader *r);               /* varint */
uint32_t reader_u32(struct reader *r);               /* varint that must fit */
/* A varint below `limit`. */
uint64_t reader_below(struct reader *r, uint64_t limit, const char *problem);
/* A varint that counts things of at least `least` bytes each, all still to come: memory for them
 * is thereby bounded by the size of the file. */
uint32_t reader_count(struct reader *r, size_t least);

/* Passes over `size` bytes and returns where they begin. */
const uint8_t *reader_skip(struct reader *r, uint64_t size);
const uint8_t *reader_bytes(struct reader *r, size_t size); /* a copy */
const char *reader_text(struct reader *r, size_t size);     /* a copy; holds no NUL but the last */
void *reader_array(struct reader *r, size_t count, size_t size);

/* Whether `bytes` are a whole snapshot file of a known version: magic, version, size, checksum, in
 * this order. 0, or -1 with `err` set. */
int envelope_check(const uint8_t *bytes, size_t size, struct heapline_error *err);

#endif

/* Hash tables: uthash (the HASH_* macros), never fatal, with a hash function for short keys.
 *
 * The caller owns the elements, which must neither move nor change their keys while they are in a
 * table. What uthash allocates itself comes from malloc, and HASH_CLEAR gives it back. A file that
 * may run inside a traced process defines HASH_POOL before it includes this: an expression that is
 * the address of a struct pool wherever the file adds elements; the pool then owns the table, and
 * nothing calls malloc. Where there is no memory, HASH_ADD leaves the element out and its hh.tbl
 * NULL: test that. A table keeps the order in which elements were added (hh.next). Not thread-safe.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef HASH_POOL
#include "base/pool.h"
#define uthash_malloc(size) pool_alloc(HASH_POOL, size)
#define uthash_free(memory, size) ((void)(memory))
#define uthash_bzero(memory, size) ((void)(memory)) /* a pool's memory is zero */
#endif

/* uthash's own exits: whatever would use it does not compile. */
#define uthash_fatal(message) _Static_assert(0, message)
#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION(key, size, hash) ((hash) = hash_bytes(key, size))

#include <uthash.h>

/* Eight bytes a step. Multiplying carries upward only, so the high half is what is kept. */
static inline uint32_t hash_bytes(const void *key, size_t size) {
    const uint64_t multiplier = UINT64_C(0x9e3779b97f4a7c15);
    const uint8_t *bytes = key;
    uint64_t hash = size, rest = 0;
    for (; size >= 8; bytes += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        hash = (hash ^ word) * multiplier;
        hash ^= hash >> 32;
    }
    memcpy(&rest, bytes, size);
    return (uint32_t)((hash ^ rest) * multiplier >> 32);
}

#endif

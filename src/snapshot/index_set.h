/* A hash set of indices into an array that the caller keeps: open addressing over pool memory.
 * The caller owns the pool and with it the set. Not thread-safe; calls no malloc. */
#ifndef SNAPSHOT_INDEX_SET_H
#define SNAPSHOT_INDEX_SET_H

#include <stdint.h>
#include "base/pool.h"

struct index_slot {
    uint32_t hash, index_plus_1;
};
/* Begin with {.pool, .equal, .context}. */
struct index_set {
    struct pool *pool;
    int (*equal)(const void *context, uint32_t index, const void *key);
    const void *context;
    struct index_slot *slots;
    uint32_t capacity, count;
};

/* The index that equals `key`; if there is none, `next` is entered and returned, and the caller
 * makes element `next`. UINT32_MAX: no memory. */
uint32_t index_set_enter(struct index_set *set, uint64_t hash, const void *key, uint32_t next);

/* Mixes one more word into a hash. */
uint64_t hash_mix(uint64_t hash, uint64_t word);

#endif

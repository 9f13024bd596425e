#include "snapshot/index_set.h"

enum { FIRST_CAPACITY = 1024 };

uint64_t hash_mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

/* The slot of `key`, or the empty one where it belongs (NULL: whatever it is, it is new). */
static struct index_slot *find(const struct index_set *set, uint32_t hash, const void *key) {
    uint32_t mask = set->capacity - 1;
    for (uint32_t at = hash & mask;; at = (at + 1) & mask) {
        struct index_slot *slot = &set->slots[at];
        if (!slot->index_plus_1)
            return slot;
        if (key && slot->hash == hash && set->equal(set->context, slot->index_plus_1 - 1, key))
            return slot;
    }
}

static int grow(struct index_set *set) {
    struct index_set old = *set;
    if (old.capacity > UINT32_MAX / 2)
        return -1;
    uint32_t capacity = old.capacity ? old.capacity * 2 : FIRST_CAPACITY;
    struct index_slot *slots = pool_array(set->pool, capacity, sizeof *slots);
    if (!slots)
        return -1;
    set->slots = slots;
    set->capacity = capacity;
    for (uint32_t i = 0; i < old.capacity; i++)
        if (old.slots[i].index_plus_1)
            *find(set, old.slots[i].hash, NULL) = old.slots[i];
    return 0;
}

uint32_t index_set_enter(struct index_set *set, uint64_t hash, const void *key, uint32_t next) {
    uint32_t folded = (uint32_t)(hash_mix(hash, hash >> 29) >> 16);
    if (set->count >= set->capacity / 2 && grow(set))
        return UINT32_MAX;
    struct index_slot *slot = find(set, folded, key);
    if (!slot->index_plus_1) {
        *slot = (struct index_slot){folded, next + 1};
        set->count++;
    }
    return slot->index_plus_1 - 1;
}

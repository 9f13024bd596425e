#include "analysis/intern.h"
#include <stdlib.h>
#include <string.h>

void intern_init(struct intern *in, struct pool *pool) {
    *in = (struct intern){.pool = pool};
}

static uint32_t hash(const uint8_t *bytes, size_t size) {
    const uint64_t multiplier = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t h = size, rest = 0;
    for (; size >= 8; bytes += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        h = (h ^ word) * multiplier;
        h ^= h >> 32;
    }
    memcpy(&rest, bytes, size);
    h = (h ^ rest) * multiplier;
    return (uint32_t)(h >> 32);
}

static void rehash(struct intern *in) {
    for (uint32_t id = 0; id < in->count; id++) {
        uint32_t at = in->entries[id].hash & (in->slot_count - 1);
        while (in->slots[at])
            at = (at + 1) & (in->slot_count - 1);
        in->slots[at] = id + 1;
    }
}

/* Doubles both tables: slots stay at most half full. */
static int grow(struct intern *in) {
    uint32_t capacity = in->capacity ? in->capacity * 2 : 64;
    if (capacity > UINT32_MAX / 4)
        return -1;
    struct intern_entry *entries = reallocarray(in->entries, capacity, sizeof *entries);
    if (!entries)
        return -1;
    in->entries = entries;
    uint32_t *slots = calloc((size_t)capacity * 2, sizeof *slots);
    if (!slots)
        return -1;
    free(in->slots);
    in->slots = slots;
    in->slot_count = capacity * 2;
    in->capacity = capacity;
    rehash(in);
    return 0;
}

static uint32_t add(struct intern *in, uint32_t slot, uint32_t h, const void *bytes, size_t size) {
    char *copy = pool_copy(in->pool, bytes, size);
    if (!copy) {
        in->failed = 1;
        return INTERN_NONE;
    }
    in->entries[in->count] = (struct intern_entry){copy, (uint32_t)size, h};
    in->slots[slot] = ++in->count;
    return in->count - 1;
}

uint32_t intern_id(struct intern *in, const void *bytes, size_t size) {
    if (size > UINT32_MAX || (in->count == in->capacity && grow(in))) {
        in->failed = 1;
        return INTERN_NONE;
    }
    uint32_t h = hash(bytes, size), mask = in->slot_count - 1, at = h & mask;
    for (; in->slots[at]; at = (at + 1) & mask) {
        const struct intern_entry *e = &in->entries[in->slots[at] - 1];
        if (e->hash == h && e->size == size && !memcmp(e->bytes, bytes, size))
            return in->slots[at] - 1;
    }
    return add(in, at, h, bytes, size);
}

const char *intern_text(struct intern *in, const char *text) {
    if (!text)
        return NULL;
    uint32_t id = intern_id(in, text, strlen(text));
    return id == INTERN_NONE ? "" : in->entries[id].bytes;
}

void intern_fini(struct intern *in) {
    free(in->entries);
    free(in->slots);
    *in = (struct intern){0};
}

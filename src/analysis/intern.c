#include "analysis/intern.h"
#include <stdlib.h>
#include <string.h>
#include "base/huge.h"

enum { FIRST_CAPACITY = 64 };

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

static void rehash(const struct intern *in, struct intern_slot *slots, uint32_t count) {
    for (uint32_t i = 0; i < in->slot_count; i++) {
        uint32_t at = in->slots[i].hash & (count - 1);
        if (!in->slots[i].id_plus_1)
            continue;
        while (slots[at].id_plus_1)
            at = (at + 1) & (count - 1);
        slots[at] = in->slots[i];
    }
}

/* Slots stay at most half full. `capacity` is a power of two. */
static int resize(struct intern *in, uint32_t capacity) {
    if (capacity > UINT32_MAX / 4)
        return -1;
    struct intern_entry *entries = reallocarray(in->entries, capacity, sizeof *entries);
    if (!entries)
        return -1;
    in->entries = entries;
    struct intern_slot *slots = calloc((size_t)capacity * 2, sizeof *slots);
    if (!slots)
        return -1;
    huge_prefer(slots, (size_t)capacity * 2 * sizeof *slots);
    rehash(in, slots, capacity * 2);
    free(in->slots);
    in->slots = slots;
    in->slot_count = capacity * 2;
    in->capacity = capacity;
    return 0;
}

static int grow(struct intern *in) {
    return resize(in, in->capacity ? in->capacity * 2 : FIRST_CAPACITY);
}

static uint32_t add(struct intern *in, uint32_t slot, uint32_t h, const void *bytes, size_t size) {
    char *copy = pool_copy(in->pool, bytes, size);
    if (!copy) {
        in->failed = 1;
        return INTERN_NONE;
    }
    in->entries[in->count] = (struct intern_entry){copy, (uint32_t)size};
    in->slots[slot] = (struct intern_slot){h, ++in->count};
    return in->count - 1;
}

static int is_at(const struct intern *in, uint32_t id, const void *bytes, size_t size) {
    return in->entries[id].size == size && !memcmp(in->entries[id].bytes, bytes, size);
}

/* The slot of these bytes, or the empty one that they would get. There is at least one slot. */
static uint32_t slot_of(const struct intern *in, uint32_t h, const void *bytes, size_t size) {
    uint32_t mask = in->slot_count - 1, at = h & mask;
    for (; in->slots[at].id_plus_1; at = (at + 1) & mask)
        if (in->slots[at].hash == h && is_at(in, in->slots[at].id_plus_1 - 1, bytes, size))
            break;
    return at;
}

uint32_t intern_id(struct intern *in, const void *bytes, size_t size) {
    if (size > UINT32_MAX || (in->count == in->capacity && grow(in))) {
        in->failed = 1;
        return INTERN_NONE;
    }
    uint32_t h = hash(bytes, size), slot = slot_of(in, h, bytes, size);
    uint32_t id_plus_1 = in->slots[slot].id_plus_1;
    return id_plus_1 ? id_plus_1 - 1 : add(in, slot, h, bytes, size);
}

uint32_t intern_find(const struct intern *in, const void *bytes, size_t size) {
    if (!in->slot_count)
        return INTERN_NONE;
    return in->slots[slot_of(in, hash(bytes, size), bytes, size)].id_plus_1 - 1;
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

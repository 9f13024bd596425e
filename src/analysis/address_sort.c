#include "analysis/address_sort.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 64, DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

struct key {
    uint64_t address;
    size_t index;
};

/* The items as they come. */
struct table {
    char *items;
    size_t count, size;
};

static uint64_t address_at(const struct table *t, size_t i) {
    uint64_t address;
    memcpy(&address, t->items + i * t->size, sizeof address);
    return address;
}

static int is_sorted(const struct table *t, int (*compare)(const void *, const void *)) {
    for (size_t i = 1; i < t->count; i++)
        if (compare(t->items + (i - 1) * t->size, t->items + i * t->size) > 0)
            return 0;
    return 1;
}

/* Sorts by one digit, keeping the order of what has the same. */
static void sort_by_digit(struct key *to, const struct key *from, size_t count, unsigned shift) {
    size_t place[DIGITS] = {0}, next = 0;
    for (size_t i = 0; i < count; i++)
        place[from[i].address >> shift & (DIGITS - 1)]++;
    for (size_t digit = 0; digit < DIGITS; digit++) {
        size_t here = place[digit];
        place[digit] = next;
        next += here;
    }
    for (size_t i = 0; i < count; i++)
        to[place[from[i].address >> shift & (DIGITS - 1)]++] = from[i];
}

/* From the last digit in which they differ to the first. Returns which of the two holds them. */
static struct key *sort_keys(struct key *keys, struct key *other, size_t count, uint64_t differ) {
    for (unsigned shift = 0; shift < 64 && differ >> shift; shift += DIGIT_BITS) {
        struct key *sorted = other;
        sort_by_digit(sorted, keys, count, shift);
        other = keys;
        keys = sorted;
    }
    return keys;
}

/* Fills in the keys; returns the bits in which they differ. */
static uint64_t make_keys(struct key *keys, const struct table *t) {
    uint64_t differ = 0;
    for (size_t i = 0; i < t->count; i++) {
        keys[i] = (struct key){address_at(t, i), i};
        differ |= keys[i].address ^ keys[0].address;
    }
    return differ;
}

static void sort_ties(const struct table *t, int (*compare)(const void *, const void *)) {
    for (size_t from = 0, to; from < t->count; from = to) {
        uint64_t address = address_at(t, from);
        for (to = from + 1; to < t->count && address_at(t, to) == address;)
            to++;
        if (to - from > 1)
            qsort(t->items + from * t->size, to - from, t->size, compare);
    }
}

void address_sort(void *items, size_t count, size_t size,
                  int (*compare)(const void *, const void *)) {
    struct table t = {items, count, size};
    if (count > 1 && is_sorted(&t, compare))
        return;
    struct key *keys = count < FEW ? NULL : calloc(count, 2 * sizeof *keys);
    char *copy = keys ? calloc(count, size) : NULL;
    if (copy) {
        const struct key *sorted = sort_keys(keys, keys + count, count, make_keys(keys, &t));
        for (size_t i = 0; i < count; i++)
            memcpy(copy + i * size, t.items + sorted[i].index * size, size);
        memcpy(items, copy, count * size);
        sort_ties(&t, compare);
    } else if (count) {
        qsort(items, count, size, compare);
    }
    free(copy);
    free(keys);
}

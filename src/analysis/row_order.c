#include "analysis/row_order.h"
#include <stdlib.h>
#include "base/error.h"

struct heapline_count statistics_weight(const struct amounts *a, enum statistics_field field) {
    switch (field) {
    case SORT_PEAK:
        return a->peak;
    case SORT_TOTAL:
        return a->total;
    case SORT_COUNT:
        return (struct heapline_count){a->current.count, a->current.bytes};
    case SORT_TEMPORARY:
        return (struct heapline_count){a->temporary, a->total.count};
    default:
        return a->current;
    }
}

static uint64_t distance(uint64_t x, uint64_t y) {
    return x > y ? x - y : y - x;
}

/* A stable sort by one number of each row after the other, the least important first. */
struct sorter {
    size_t count;
    uint32_t *order, *spare;
    uint64_t *number; /* [row] */
};

/* Ascending by eight bits of the number. */
static void sort_by_digit(struct sorter *s, unsigned shift) {
    size_t start[257] = {0};
    for (size_t i = 0; i < s->count; i++)
        start[(s->number[i] >> shift & 0xff) + 1]++;
    for (size_t digit = 0; digit < 256; digit++)
        start[digit + 1] += start[digit];
    for (size_t i = 0; i < s->count; i++)
        s->spare[start[s->number[s->order[i]] >> shift & 0xff]++] = s->order[i];
    uint32_t *sorted = s->spare;
    s->spare = s->order;
    s->order = sorted;
}

static void sort_by_number(struct sorter *s) {
    uint64_t varying = 0;
    for (size_t i = 0; i < s->count; i++)
        varying |= s->number[i] ^ s->number[0];
    for (unsigned shift = 0; shift < 64; shift += 8)
        if (varying >> shift & 0xff)
            sort_by_digit(s, shift);
}

enum criterion { CHANGE_OF_FIRST, FIRST, CHANGE_OF_SECOND, SECOND, PLACE, CRITERIA };

static uint64_t number_of(const struct statistics *s, const struct statistics_row *row,
                          enum criterion criterion) {
    struct heapline_count new = statistics_weight(&row->side[SIDE_NEW], s->options.sort);
    struct heapline_count old = statistics_weight(&row->side[SIDE_OLD], s->options.sort);
    switch (criterion) {
    case CHANGE_OF_FIRST:
        return s->is_diff ? distance(new.bytes, old.bytes) : 0;
    case FIRST:
        return new.bytes;
    case CHANGE_OF_SECOND:
        return s->is_diff ? distance(new.count, old.count) : 0;
    case SECOND:
        return new.count;
    default:
        return s->keys.rank[row->key];
    }
}

static void sort(struct statistics *s, struct sorter *sorter) {
    for (size_t i = 0; i < s->count; i++)
        sorter->order[i] = (uint32_t)i;
    for (int criterion = CRITERIA; criterion-- > 0;) {
        for (size_t i = 0; i < s->count; i++)
            sorter->number[i] = number_of(s, &s->rows[i], criterion);
        sort_by_number(sorter);
    }
    for (size_t i = 0; i < s->count; i++)
        s->order[i] = sorter->order[s->count - 1 - i];
}

int statistics_sort(struct statistics *s, struct heapline_error *err) {
    struct sorter sorter = {.count = s->count};
    uint32_t *a = sorter.order = calloc(s->count + 1, sizeof *a);
    uint32_t *b = sorter.spare = calloc(s->count + 1, sizeof *b);
    sorter.number = calloc(s->count + 1, sizeof *sorter.number);
    s->order = calloc(s->count + 1, sizeof *s->order);
    int failed = !a || !b || !sorter.number || !s->order || tracebacks_rank(&s->keys);
    if (!failed)
        sort(s, &sorter);
    free(a);
    free(b);
    free(sorter.number);
    return failed ? error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "no memory to sort the rows") : 0;
}

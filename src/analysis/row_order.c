#include "analysis/row_order.h"
#include <stdlib.h>
#include "base/error.h"
#include "base/huge.h"

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

/* What rows are sorted by, the most important first. */
enum criterion { CHANGE_OF_FIRST, FIRST, CHANGE_OF_SECOND, SECOND, PLACE, CRITERIA };

/* A stable sort by one number of each row after the other, the least important first. */
struct sorter {
    size_t count;
    uint32_t *order, *spare;
    uint64_t *number[CRITERIA]; /* [row] */
};

/* Ascending by eight bits of the number. */
static void sort_by_digit(struct sorter *s, const uint64_t *number, unsigned shift) {
    size_t start[257] = {0};
    for (size_t i = 0; i < s->count; i++)
        start[(number[i] >> shift & 0xff) + 1]++;
    for (size_t digit = 0; digit < 256; digit++)
        start[digit + 1] += start[digit];
    for (size_t i = 0; i < s->count; i++)
        s->spare[start[number[s->order[i]] >> shift & 0xff]++] = s->order[i];
    uint32_t *sorted = s->spare;
    s->spare = s->order;
    s->order = sorted;
}

static void sort_by_number(struct sorter *s, const uint64_t *number) {
    uint64_t varying = 0;
    for (size_t i = 0; i < s->count; i++)
        varying |= number[i] ^ number[0];
    for (unsigned shift = 0; shift < 64; shift += 8)
        if (varying >> shift & 0xff)
            sort_by_digit(s, number, shift);
}

static void take_numbers(const struct statistics *s, struct sorter *to, uint32_t row) {
    const struct statistics_row *r = &s->rows[row];
    struct heapline_count new = statistics_weight(&r->side[SIDE_NEW], s->options.sort);
    struct heapline_count old = statistics_weight(&r->side[SIDE_OLD], s->options.sort);
    to->order[row] = row;
    to->number[CHANGE_OF_FIRST][row] = s->is_diff ? distance(new.bytes, old.bytes) : 0;
    to->number[FIRST][row] = new.bytes;
    to->number[CHANGE_OF_SECOND][row] = s->is_diff ? distance(new.count, old.count) : 0;
    to->number[SECOND][row] = new.count;
    to->number[PLACE][row] = s->keys.rank[r->key];
}

static void sort(struct statistics *s, struct sorter *sorter) {
    for (size_t i = 0; i < s->count; i++)
        take_numbers(s, sorter, (uint32_t)i);
    for (int criterion = CRITERIA; criterion-- > 0;)
        sort_by_number(sorter, sorter->number[criterion]);
    for (size_t i = 0; i < s->count; i++)
        s->order[i] = sorter->order[s->count - 1 - i];
}

static void *new_numbers(const struct statistics *s, size_t columns, size_t size) {
    return huge_calloc(s->count + 1, columns * size);
}

int statistics_sort(struct statistics *s, struct heapline_error *err) {
    uint64_t *numbers = new_numbers(s, CRITERIA, sizeof *numbers);
    uint32_t *orders = new_numbers(s, 2, sizeof *orders);
    struct sorter sorter = {.count = s->count, .order = orders};
    s->order = new_numbers(s, 1, sizeof *s->order);
    int failed = !numbers || !orders || !s->order || tracebacks_rank(&s->keys);
    if (!failed) {
        sorter.spare = orders + s->count;
        for (int i = 0; i < CRITERIA; i++)
            sorter.number[i] = numbers + (size_t)i * s->count;
        sort(s, &sorter);
    }
    free(numbers);
    free(orders);
    return failed ? error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "no memory to sort the rows") : 0;
}

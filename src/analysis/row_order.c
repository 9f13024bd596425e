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

static int compare_numbers(uint64_t x, uint64_t y) {
    return (x > y) - (x < y);
}

static uint64_t distance(uint64_t x, uint64_t y) {
    return x > y ? x - y : y - x;
}

static int compare_values(int is_diff, uint64_t a_new, uint64_t a_old, uint64_t b_new,
                          uint64_t b_old) {
    int changes = is_diff ? compare_numbers(distance(a_new, a_old), distance(b_new, b_old)) : 0;
    return changes ? changes : compare_numbers(a_new, b_new);
}

static int descending(const void *x, const void *y, void *context) {
    const struct statistics *s = context;
    const struct statistics_row *a = x, *b = y;
    enum statistics_field field = s->options.sort;
    struct heapline_count an = statistics_weight(&a->side[SIDE_NEW], field);
    struct heapline_count ao = statistics_weight(&a->side[SIDE_OLD], field);
    struct heapline_count bn = statistics_weight(&b->side[SIDE_NEW], field);
    struct heapline_count bo = statistics_weight(&b->side[SIDE_OLD], field);
    int order = compare_values(s->is_diff, an.bytes, ao.bytes, bn.bytes, bo.bytes);
    if (!order)
        order = compare_values(s->is_diff, an.count, ao.count, bn.count, bo.count);
    return order ? -order : -traceback_compare(&s->keys, a->key, b->key);
}

int statistics_sort(struct statistics *s, struct heapline_error *err) {
    if (tracebacks_rank(&s->keys))
        return error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "no memory to sort the rows");
    if (s->count)
        qsort_r(s->rows, s->count, sizeof *s->rows, descending, s);
    return 0;
}

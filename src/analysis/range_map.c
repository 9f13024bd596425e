#include "analysis/range_map.h"
#include <stdlib.h>
#include "analysis/address_sort.h"

void range_map_add(struct range_map *map, uint64_t low, uint64_t high, uint32_t value) {
    if (low < 2 || high <= low)
        return;
    if (map->count == map->capacity) {
        size_t capacity = map->capacity ? map->capacity * 2 : 64;
        struct range *ranges = reallocarray(map->ranges, capacity, sizeof *ranges);
        if (!ranges) {
            map->failed = 1;
            return;
        }
        map->ranges = ranges;
        map->capacity = capacity;
    }
    map->ranges[map->count] = (struct range){low, high, value, (uint32_t)map->count};
    map->count++;
}

/* Outer ranges before those within them, so that a stack sees them as they nest. */
static int outer_first(const void *a, const void *b) {
    const struct range *x = a, *y = b;
    if (x->low != y->low)
        return x->low < y->low ? -1 : 1;
    if (x->high != y->high)
        return x->high > y->high ? -1 : 1;
    return x->sequence < y->sequence ? -1 : 1;
}

static void emit(struct range_map *map, uint64_t start, uint32_t value) {
    struct range_segment *last = map->segment_count ? &map->segments[map->segment_count - 1] : NULL;
    if (last && last->start == start)
        last->value = value;
    else if (!last || last->value != value) // NOLINTNEXTLINE(clang-analyzer-core.NullDereference)
        map->segments[map->segment_count++] = (struct range_segment){start, value};
}

/* Ends the ranges on the stack that end at `until` or before; returns the new depth. */
static size_t close_ranges(struct range_map *map, const uint32_t *stack, size_t depth,
                           uint64_t until) {
    while (depth && map->ranges[stack[depth - 1]].high <= until) {
        uint64_t end = map->ranges[stack[--depth]].high;
        while (depth && map->ranges[stack[depth - 1]].high <= end)
            depth--; /* an outer range that ends inside its inner one has no more to say */
        emit(map, end, depth ? map->ranges[stack[depth - 1]].value : RANGE_NONE);
    }
    return depth;
}

static void flatten(struct range_map *map, uint32_t *stack) {
    size_t depth = 0;
    for (size_t i = 0; i < map->count; i++) {
        depth = close_ranges(map, stack, depth, map->ranges[i].low);
        stack[depth++] = (uint32_t)i;
        emit(map, map->ranges[i].low, map->ranges[i].value);
    }
    close_ranges(map, stack, depth, UINT64_MAX);
}

void range_map_build(struct range_map *map) {
    if (!map->count)
        return;
    address_sort(map->ranges, map->count, sizeof *map->ranges, outer_first);
    uint32_t *stack = calloc(map->count, sizeof *stack);
    map->segments = calloc(map->count * 2, sizeof *map->segments);
    if (stack && map->segments)
        flatten(map, stack);
    else
        map->failed = 1;
    free(stack);
    free(map->ranges);
    map->ranges = NULL;
}

uint32_t range_map_find(const struct range_map *map, uint64_t address) {
    size_t low = 0, high = map->segment_count; /* segments before `low` start at or before it */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->segments[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? map->segments[low - 1].value : RANGE_NONE;
}

void range_map_fini(struct range_map *map) {
    free(map->ranges);
    free(map->segments);
    *map = (struct range_map){0};
}

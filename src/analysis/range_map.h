/* Which range is innermost at an address, for ranges that nest: units, scopes, ELF symbols.
 *
 * Fill with range_map_add, then range_map_build once, then find. Of equal ranges the one added last
 * is innermost. The map owns its memory (range_map_fini). Not thread-safe while it is filled. Want
 * of memory sets `failed` and leaves ranges out.
 */
#ifndef ANALYSIS_RANGE_MAP_H
#define ANALYSIS_RANGE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct range {
    uint64_t low, high; /* [low, high); first, for address_sort */
    uint32_t value, sequence;
};
struct range_segment { /* up to the start of the next */
    uint64_t start;
    uint32_t value;
};
struct range_map {
    struct range *ranges; /* until built */
    struct range_segment *segments;
    size_t count, capacity, segment_count;
    int failed;
};

#define RANGE_NONE UINT32_MAX

/* Empty ranges and those that a linker left at address 0 or 1 when it dropped code are ignored. */
void range_map_add(struct range_map *map, uint64_t low, uint64_t high, uint32_t value);
void range_map_build(struct range_map *map);
/* RANGE_NONE: no range holds the address. */
uint32_t range_map_find(const struct range_map *map, uint64_t address);
void range_map_fini(struct range_map *map);

#endif

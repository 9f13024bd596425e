#include "freelist.h"
#include <stdlib.h>
#include <sys/mman.h>

enum { FRESH = 4096, REGION = 1 << 26 };

struct slot {
    struct slot *next;
};

static struct slot *free_slots[FREELIST_SIZES];
static char *region, *region_end;

static char *fresh_page(void) {
    if (region == region_end) {
        region = mmap(NULL, REGION, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (region == MAP_FAILED)
            abort();
        region_end = region + REGION;
    }
    region += FRESH;
    return region - FRESH;
}

/* Slots in a row, the first of them on top. */
static __attribute__((noinline)) void *refill(size_t words) {
    char *page = fresh_page();
    for (size_t i = FRESH / (words * 8); i-- > 0;)
        freelist_give(page + i * words * 8, words);
    return freelist_take(words);
}

void *freelist_take(size_t words) {
    struct slot *slot = free_slots[words];
    if (__builtin_expect(!slot, 0))
        return refill(words);
    free_slots[words] = slot->next;
    return slot;
}

void freelist_give(void *pointer, size_t words) {
    struct slot *slot = pointer;
    slot->next = free_slots[words];
    free_slots[words] = slot;
}

#include <stddef.h>

#include "base/sys.h"
#include "tracer/block_table.h"
#include "tracer/store.h"
#include "tracer/usage.h"

enum { FIRST_ENTRIES = 256 };

static size_t size_of(uint64_t entries) {
    return entries * sizeof(struct table_block);
}

static uint64_t home_of(const struct block_table *t, const struct table_block *b) {
    return block_table_hash(b->domain, b->address) & t->mask;
}

/* Where the block is or would be. */
static uint64_t place_of(const struct block_table *t, uint32_t domain, uintptr_t address) {
    uint64_t i = block_table_hash(domain, address) & t->mask;
    while (t->entry[i].site != 0 &&
           (t->entry[i].address != address || t->entry[i].domain != domain))
        i = (i + 1) & t->mask;
    return i;
}

void block_table_empty(struct block_table *t) {
    if (t->entry != NULL) {
        sys_munmap(t->entry, size_of(t->mask + 1));
        usage_add(-size_of(t->mask + 1));
    }
    *t = (struct block_table){0, 0, NULL};
}

static void move(void *to, const struct table_block *b) {
    struct block_table *t = to;
    t->entry[place_of(t, b->domain, b->address)] = *b;
}

/* Without memory it is filled up to its last entry but one, which stays empty so that look-ups end.
 */
static int grow_if_full(struct block_table *t) {
    uint64_t entries = t->entry == NULL ? FIRST_ENTRIES : (t->mask + 1) * 2;
    struct block_table bigger = {.mask = entries - 1, .used = t->used};
    if (t->entry != NULL && t->used * 4 < (t->mask + 1) * 3)
        return 0;
    bigger.entry = store.may_grow ? sys_pages(size_of(entries)) : NULL;
    if (bigger.entry == NULL)
        return t->entry != NULL && t->used < t->mask ? 0 : -1;
    usage_add(size_of(entries));
    block_table_each(t, move, &bigger);
    block_table_empty(t);
    *t = bigger;
    return 0;
}

int block_table_put(struct block_table *t, struct table_block block, struct table_block *old) {
    struct table_block *at;
    *old = (struct table_block){.site = 0};
    if (grow_if_full(t) != 0)
        return -1;
    at = &t->entry[place_of(t, block.domain, block.address)];
    t->used += at->site == 0;
    *old = *at;
    *at = block;
    return 0;
}

struct table_block block_table_find(const struct block_table *t, uint32_t domain,
                                    uintptr_t address) {
    if (t->entry == NULL)
        return (struct table_block){.site = 0};
    return t->entry[place_of(t, domain, address)];
}

/* Closes the gap: those behind it that would be found across it move up. */
static void remove_at(struct block_table *t, uint64_t gap) {
    for (uint64_t i = (gap + 1) & t->mask; t->entry[i].site != 0; i = (i + 1) & t->mask)
        if (((i - home_of(t, &t->entry[i])) & t->mask) >= ((i - gap) & t->mask)) {
            t->entry[gap] = t->entry[i];
            gap = i;
        }
    t->entry[gap].site = 0;
    t->used--;
}

struct table_block block_table_take(struct block_table *t, uint32_t domain, uintptr_t address) {
    struct table_block found = block_table_find(t, domain, address);
    if (found.site != 0)
        remove_at(t, place_of(t, domain, address));
    return found;
}

void block_table_each(const struct block_table *t, block_table_visitor *visit, void *argument) {
    for (uint64_t i = 0; t->entry != NULL && i <= t->mask; i++)
        if (t->entry[i].site != 0)
            visit(argument, &t->entry[i]);
}

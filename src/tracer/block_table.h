/* Live blocks by domain and address, in private memory: open addressing, one owner at a time. */
#ifndef TRACER_BLOCK_TABLE_H
#define TRACER_BLOCK_TABLE_H

#include <stdint.h>

struct table_block {
    uintptr_t address;
    uint64_t size;
    uint32_t domain, site; /* site 0: there is none */
};
struct block_table { /* all zero: empty */
    uint64_t mask, used;
    struct table_block *entry;
};

/* Enters a block and returns in *old what was there. 0, or -1: no memory. */
int block_table_put(struct block_table *t, struct table_block block, struct table_block *old);
/* Its site is 0 when there is none. */
struct table_block block_table_find(const struct block_table *t, uint32_t domain,
                                    uintptr_t address);
struct table_block block_table_take(struct block_table *t, uint32_t domain, uintptr_t address);
typedef void block_table_visitor(void *argument, const struct table_block *block);
void block_table_each(const struct block_table *t, block_table_visitor *visit, void *argument);
/* Forgets all and gives the memory back. */
void block_table_empty(struct block_table *t);

static inline uint64_t block_table_hash(uint32_t domain, uintptr_t address) {
    uint64_t h = (address ^ (uint64_t)domain << 40) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

#endif

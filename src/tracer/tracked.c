#include "tracer/lock.h"
#include "tracer/tracked.h"

enum { SHARD_BITS = 6, SHARDS = 1 << SHARD_BITS };
static struct shard {
    _Alignas(64) int lock;
    struct block_table table;
} shards[SHARDS];

static struct shard *enter(uint32_t domain, uintptr_t address) {
    struct shard *s = &shards[block_table_hash(domain, address) >> (64 - SHARD_BITS)];
    lock_spin(&s->lock);
    return s;
}

int tracked_put(struct table_block block, struct table_block *old) {
    struct shard *s = enter(block.domain, block.address);
    int r = block_table_put(&s->table, block, old);
    lock_unspin(&s->lock);
    return r;
}

struct table_block tracked_take(uint32_t domain, uintptr_t address) {
    struct shard *s = enter(domain, address);
    struct table_block found = block_table_take(&s->table, domain, address);
    lock_unspin(&s->lock);
    return found;
}

struct table_block tracked_find(uint32_t domain, uintptr_t address) {
    struct shard *s = enter(domain, address);
    struct table_block found = block_table_find(&s->table, domain, address);
    lock_unspin(&s->lock);
    return found;
}

void tracked_each(block_table_visitor *visit, void *argument) {
    for (struct shard *s = shards; s < shards + SHARDS; s++) {
        lock_spin(&s->lock);
        block_table_each(&s->table, visit, argument);
        lock_unspin(&s->lock);
    }
}

void tracked_forget(void) {
    for (struct shard *s = shards; s < shards + SHARDS; s++) {
        lock_spin(&s->lock);
        block_table_empty(&s->table);
        lock_unspin(&s->lock);
    }
}

void tracked_before_fork(void) {
    for (struct shard *s = shards; s < shards + SHARDS; s++)
        lock_spin(&s->lock);
}

void tracked_after_fork(void) {
    for (struct shard *s = shards; s < shards + SHARDS; s++)
        lock_unspin(&s->lock);
}

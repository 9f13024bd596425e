/* A pool whose blocks are counted, once each, in place of the chunks that they are cut from. */
#include <heapline.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHUNK = 4096, NODES = 1 /* the pool's domain */ };

struct pool {
    char *chunk;
    size_t used;
};

static void *pool_alloc(struct pool *pool, size_t size) {
    void *block;
    if (!pool->chunk || pool->used + size > CHUNK) {
        pool->chunk = malloc(CHUNK); /* never freed: the example is short */
        pool->used = 0;
        heapline_untrack(HEAPLINE_DOMAIN_MALLOC, (uintptr_t)pool->chunk);
    }
    block = pool->chunk + pool->used;
    pool->used += size;
    heapline_track(NODES, (uintptr_t)block, size);
    return block;
}

static void pool_free(void *block) {
    heapline_untrack(NODES, (uintptr_t)block);
}

static void report(const char *name, unsigned domain) {
    struct heapline_totals totals;
    heapline_get_totals(domain, &totals);
    printf("%s: %llu bytes in %llu blocks, %llu freed\n", name,
           (unsigned long long)totals.current.bytes, (unsigned long long)totals.current.count,
           (unsigned long long)totals.frees);
}

int main(void) {
    static char buffer[BUFSIZ];
    struct pool pool = {NULL, 0};
    void *block[200];

    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    heapline_start(1, NULL);
    heapline_name_domain(NODES, "nodes");
    for (int i = 0; i < 200; i++)
        block[i] = pool_alloc(&pool, 40);
    for (int i = 0; i < 50; i++)
        pool_free(block[i]);
    report("malloc", HEAPLINE_DOMAIN_MALLOC);
    report("nodes", NODES);
    return 0;
}

#include <stddef.h>

#include "base/sys.h"
#include "tracer/blockmap.h"
#include "tracer/store.h"
#include "tracer/usage.h"

struct blockmap blockmap = {.window_shift = 5};
enum { BIG_MAX = 256 };

/* The few blocks from 4 GiB on. A slot is claimed by its address. */
static struct {
    uintptr_t at;
    uint64_t size;
} big[BIG_MAX];

static int add_big(const void *at, uint64_t size) {
    for (int i = 0; i < BIG_MAX; i++) {
        uintptr_t none = 0;
        if (__atomic_compare_exchange_n(&big[i].at, &none, (uintptr_t)at, 0, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED)) {
            big[i].size = size;
            return 0;
        }
    }
    return -1;
}

static uint64_t remove_big(const void *at) {
    for (int i = 0; i < BIG_MAX; i++)
        if (__atomic_load_n(&big[i].at, __ATOMIC_ACQUIRE) == (uintptr_t)at) {
            uint64_t size = big[i].size;
            __atomic_store_n(&big[i].at, 0, __ATOMIC_RELEASE);
            return size;
        }
    return 0;
}

static uint64_t pack(const void *at, struct block b) {
    uint64_t size = b.size < BLOCKMAP_BIG ? b.size : BLOCKMAP_BIG;
    if (size == BLOCKMAP_BIG && add_big(at, b.size) != 0)
        return 0;
    return (uint64_t)b.site << 40 | (uint64_t)b.tag << 32 | size;
}

struct block blockmap_take_huge(const void *at, uint64_t word) {
    struct block b = blockmap_unpack(word);
    b.size = remove_big(at);
    return b;
}

static struct block unpack(const void *at, uint64_t word) {
    return (uint32_t)word == BLOCKMAP_BIG ? blockmap_take_huge(at, word) : blockmap_unpack(word);
}

void blockmap_init(unsigned window_shift) {
    blockmap.window_shift = window_shift;
}

static size_t stretch_size(void) {
    return ((size_t)1 << (BLOCKMAP_STRETCH_SHIFT - blockmap.window_shift)) * sizeof(uint64_t);
}

/* What *slot holds; at first that is new pages, or those that another thread published first. */
static void *publish(void **slot, size_t size) {
    void *expected = __atomic_load_n(slot, __ATOMIC_ACQUIRE), *pages;
    if (expected != NULL || !store.may_grow)
        return expected;
    pages = sys_pages(size);
    if (pages == NULL)
        return NULL;
    if (__atomic_compare_exchange_n(slot, &expected, pages, 0, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE)) {
        usage_add(size);
        return pages;
    }
    sys_munmap(pages, size);
    return expected;
}

static void **stretch_slot(struct blockmap_region *r, uintptr_t address) {
    return (void **)&r->stretch[address >> BLOCKMAP_STRETCH_SHIFT & (BLOCKMAP_STRETCHES - 1)];
}

static uint64_t *make_word(const void *block) {
    uintptr_t address = (uintptr_t)block;
    void **slot;
    struct blockmap_region *r;
    if (address >> 47 != 0)
        return NULL;
    slot = (void **)&blockmap.region[address >> BLOCKMAP_REGION_SHIFT];
    r = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
    if (r == NULL && (r = publish(slot, sizeof *r)) == NULL)
        return NULL;
    return publish(stretch_slot(r, address), stretch_size()) != NULL ? blockmap_word(block) : NULL;
}

int blockmap_insert(const void *at, struct block block, struct block *old) {
    uint64_t *word = blockmap_word(at);
    *old = (struct block){0, 0, 0};
    if (word == NULL && (word = make_word(at)) == NULL)
        return -1;
    if (*word != 0)
        *old = unpack(at, *word);
    *word = pack(at, block);
    return *word != 0 ? 0 : -1;
}

static void visit_stretch(const uint64_t *stretch, uintptr_t address,
                          void (*visit)(struct block block)) {
    size_t words = stretch_size() / sizeof *stretch;
    unsigned shift = blockmap.window_shift;
    for (size_t i = 0; i < words; i++)
        if (stretch[i] != 0) {
            struct block b = blockmap_unpack(stretch[i]);
            for (int j = 0; b.size == BLOCKMAP_BIG && j < BIG_MAX; j++)
                if (big[j].at >> shift == (address >> shift) + i)
                    b.size = big[j].size;
            visit(b);
        }
}

void blockmap_each(void (*visit)(struct block block)) {
    for (uintptr_t i = 0; i < BLOCKMAP_REGIONS; i++) {
        const struct blockmap_region *r = blockmap.region[i];
        for (uintptr_t j = 0; r != NULL && j < BLOCKMAP_STRETCHES; j++)
            if (r->stretch[j] != NULL)
                visit_stretch(r->stretch[j],
                              i << BLOCKMAP_REGION_SHIFT | j << BLOCKMAP_STRETCH_SHIFT, visit);
    }
}

/* One lazily touched mapping for all the stretches of a region, which are then cut from it. */
static void fill(struct blockmap_region *r) {
    char *pages = sys_mmap(NULL, stretch_size() * BLOCKMAP_STRETCHES, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    for (int i = 0; pages != NULL && i < BLOCKMAP_STRETCHES; i++) {
        uint64_t *expected = NULL;
        __atomic_compare_exchange_n(&r->stretch[i], &expected,
                                    (uint64_t *)(pages + i * stretch_size()), 0, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED);
    }
}

void blockmap_grow_ahead(void) {
    for (int i = 0; i < BLOCKMAP_REGIONS; i++)
        if (blockmap.region[i] != NULL)
            fill(blockmap.region[i]);
}

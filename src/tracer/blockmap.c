#include <stddef.h>

#include "base/sys.h"
#include "tracer/blockmap.h"
#include "tracer/store.h"
#include "tracer/usage.h"

/* Three levels: 4 GiB regions, 1 MiB stretches of heap, windows. The upper two stay in the cache.
 */
enum {
    REGION_SHIFT = 32,
    REGIONS = 1 << 15,
    STRETCH_SHIFT = 20,
    STRETCHES = 1 << (REGION_SHIFT - STRETCH_SHIFT)
};

/* 0: no block. Else site << 40 | tag << 32 | size, where size BIG says that it stands in the list
 * of big blocks. */
typedef uint64_t block_word;
enum { SITE_SHIFT = 40, TAG_SHIFT = 32, BIG_MAX = 256 };
#define BIG UINT32_MAX

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

static block_word pack(const void *at, struct block b) {
    uint64_t size = b.size < BIG ? b.size : BIG;
    if (size == BIG && add_big(at, b.size) != 0)
        return 0;
    return (uint64_t)b.site << SITE_SHIFT | (uint64_t)b.tag << TAG_SHIFT | size;
}

static struct block unpack(const void *at, block_word word) {
    struct block b = {(uint32_t)(word >> SITE_SHIFT), (uint32_t)(word >> TAG_SHIFT & 255),
                      (uint32_t)word};
    if (__builtin_expect(b.size == BIG, 0))
        b.size = remove_big(at);
    return b;
}

struct region {
    block_word *stretch[STRETCHES];
};
static struct region *regions[REGIONS];
static unsigned window_shift = 5;

void blockmap_init(unsigned shift) {
    window_shift = shift;
}

static size_t stretch_size(void) {
    return ((size_t)1 << (STRETCH_SHIFT - window_shift)) * sizeof(block_word);
}

static struct region *region_of(uintptr_t address) {
    if (address >> 47 != 0)
        return NULL;
    return __atomic_load_n(&regions[address >> REGION_SHIFT], __ATOMIC_ACQUIRE);
}

static block_word **stretch_slot(struct region *r, uintptr_t address) {
    return &r->stretch[address >> STRETCH_SHIFT & (STRETCHES - 1)];
}

static block_word *word_in(block_word *stretch, uintptr_t address) {
    return &stretch[(address & ((1 << STRETCH_SHIFT) - 1)) >> window_shift];
}

static block_word *find(const void *block) {
    uintptr_t address = (uintptr_t)block;
    struct region *r = region_of(address);
    block_word *stretch;
    if (__builtin_expect(r == NULL, 0))
        return NULL;
    stretch = __atomic_load_n(stretch_slot(r, address), __ATOMIC_ACQUIRE);
    return __builtin_expect(stretch == NULL, 0) ? NULL : word_in(stretch, address);
}

/* Publishes new pages in *slot, or finds those that another thread published first. */
static void *publish(void **slot, size_t size) {
    void *expected = NULL, *pages;
    if (!store.may_grow)
        return NULL;
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

static block_word *find_or_make(const void *block) {
    uintptr_t address = (uintptr_t)block;
    struct region *r = region_of(address);
    block_word *stretch;
    if (address >> 47 != 0)
        return NULL;
    if (r == NULL)
        r = publish((void **)&regions[address >> REGION_SHIFT], sizeof *r);
    if (r == NULL)
        return NULL;
    stretch = __atomic_load_n(stretch_slot(r, address), __ATOMIC_ACQUIRE);
    if (stretch == NULL)
        stretch = publish((void **)stretch_slot(r, address), stretch_size());
    return stretch == NULL ? NULL : word_in(stretch, address);
}

int blockmap_insert(const void *at, struct block block, struct block *old) {
    block_word *slot = find(at), word;
    if (__builtin_expect(slot == NULL, 0) && (slot = find_or_make(at)) == NULL)
        return -1;
    word = *slot;
    *old = unpack(at, word);
    *slot = pack(at, block);
    return *slot != 0 ? 0 : -1;
}

struct block blockmap_take(const void *at) {
    block_word *slot = find(at), word = slot != NULL ? *slot : 0;
    if (__builtin_expect(word == 0, 0))
        return (struct block){0, 0, 0};
    *slot = 0;
    return unpack(at, word);
}

int blockmap_has(const void *at) {
    const block_word *slot = find(at);
    return slot != NULL && *slot != 0;
}

static void visit_stretch(const block_word *stretch, uintptr_t address,
                          void (*visit)(struct block block)) {
    size_t words = stretch_size() / sizeof *stretch;
    for (size_t i = 0; i < words; i++)
        if (stretch[i] != 0) {
            struct block b = unpack(NULL, stretch[i]);
            for (int j = 0; (uint32_t)stretch[i] == BIG && j < BIG_MAX; j++)
                if (big[j].at >> window_shift == (address >> window_shift) + i)
                    b.size = big[j].size;
            visit(b);
        }
}

void blockmap_each(void (*visit)(struct block block)) {
    for (uintptr_t i = 0; i < REGIONS; i++)
        for (uintptr_t j = 0; regions[i] != NULL && j < STRETCHES; j++)
            if (regions[i]->stretch[j] != NULL)
                visit_stretch(regions[i]->stretch[j], i << REGION_SHIFT | j << STRETCH_SHIFT,
                              visit);
}

/* One lazily touched mapping for all the stretches of a region, which are then cut from it. */
static void fill(struct region *r) {
    char *pages = sys_mmap(NULL, stretch_size() * STRETCHES, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    for (int i = 0; pages != NULL && i < STRETCHES; i++) {
        block_word *expected = NULL;
        __atomic_compare_exchange_n(&r->stretch[i], &expected,
                                    (block_word *)(pages + i * stretch_size()), 0, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED);
    }
}

void blockmap_grow_ahead(void) {
    for (int i = 0; i < REGIONS; i++)
        if (regions[i] != NULL)
            fill(regions[i]);
}

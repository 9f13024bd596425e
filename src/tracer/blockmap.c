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

int blockmap_insert(const void *block, block_word word, block_word *old) {
    block_word *at = find(block);
    if (__builtin_expect(at == NULL, 0) && (at = find_or_make(block)) == NULL)
        return -1;
    *old = *at;
    *at = word;
    return 0;
}

block_word blockmap_take(const void *block) {
    block_word *at = find(block), word;
    if (at == NULL)
        return 0;
    word = *at;
    if (word != 0)
        *at = 0;
    return word;
}

block_word blockmap_peek(const void *block) {
    block_word *at = find(block);
    return at == NULL ? 0 : *at;
}

void blockmap_each(void (*visit)(block_word word)) {
    size_t words = stretch_size() / sizeof(block_word);
    for (int i = 0; i < REGIONS; i++)
        for (int j = 0; regions[i] != NULL && j < STRETCHES; j++) {
            const block_word *stretch = regions[i]->stretch[j];
            for (size_t k = 0; stretch != NULL && k < words; k++)
                if (stretch[k] != 0)
                    visit(stretch[k]);
        }
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

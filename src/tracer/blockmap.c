#include <stddef.h>
#include <string.h>

#include "base/sys.h"
#include "tracer/blockmap.h"
#include "tracer/store.h"
#include "tracer/usage.h"

struct blockmap blockmap;
enum { BIG_MAX = 256 };

/* The few blocks from 2 GiB on. A slot is claimed by its address. */
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

uint64_t blockmap_take_big(const void *at) {
    for (int i = 0; i < BIG_MAX; i++)
        if (__atomic_load_n(&big[i].at, __ATOMIC_ACQUIRE) == (uintptr_t)at) {
            uint64_t size = big[i].size;
            __atomic_store_n(&big[i].at, 0, __ATOMIC_RELEASE);
            return size;
        }
    return 0;
}

void blockmap_init(unsigned lanes) {
    blockmap.lane_bits = (uintptr_t)(lanes - 1) * BLOCKMAP_LANE_WIDTH;
}

static size_t lanes(void) {
    return blockmap.lane_bits / BLOCKMAP_LANE_WIDTH + 1;
}

static size_t stretch_size(void) {
    return BLOCKMAP_WINDOWS * lanes() * sizeof(uint32_t);
}

/* Puts new pages into *slot, unless another thread is first; returns what *slot holds then. */
static void *publish(void **slot, void *pages, size_t size) {
    void *expected = NULL;
    if (pages == NULL ||
        __atomic_compare_exchange_n(slot, &expected, pages, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return pages;
    sys_munmap(pages, size);
    return expected;
}

static struct blockmap_region *region_of(uintptr_t address) {
    void **slot = (void **)&blockmap.region[address >> BLOCKMAP_REGION_SHIFT];
    void *region = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
    if (region != NULL || !store.may_grow)
        return region;
    usage_add(sizeof(struct blockmap_region));
    return publish(slot, sys_pages(sizeof(struct blockmap_region)), sizeof(struct blockmap_region));
}

/* --- Groups of stretches. Complete ones are dense: their words get huge pages, so that a block
 * anywhere in a big heap costs no walk through page tables. Not in small heaps, whose windows are
 * worth less than a huge page, nor where there are lanes that hardly anything is in. --- */
enum { HUGE_PAGE = 2 << 20, COLLAPSE = 25 /* MADV_COLLAPSE, Linux 6.1 */, MANY_COMPLETE = 2 };
static uint32_t complete_groups;

static size_t group_size(void) {
    return stretch_size() * BLOCKMAP_GROUP;
}

static void *reserve_group(void) {
    size_t size = group_size();
    char *at = sys_mmap(NULL, size + HUGE_PAGE, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    size_t before = -(uintptr_t)at % HUGE_PAGE;
    if (at == NULL)
        return NULL;
    if (before > 0)
        sys_munmap(at, before);
    if (before < HUGE_PAGE)
        sys_munmap(at + before + size, HUGE_PAGE - before);
    sys_madvise(at + before, size, MADV_NOHUGEPAGE);
    return at + before;
}

static int is_complete(struct blockmap_region *r, size_t group) {
    for (size_t i = group * BLOCKMAP_GROUP; i < (group + 1) * BLOCKMAP_GROUP; i++)
        if (__atomic_load_n(&r->stretch[i], __ATOMIC_ACQUIRE) == NULL)
            return 0;
    return 1;
}

static int are_many(void) {
    return blockmap.lane_bits == 0 &&
           __atomic_load_n(&complete_groups, __ATOMIC_RELAXED) >= MANY_COMPLETE;
}

/* The heap is growing into this group: its words will all be used. */
static void open_whole(void *at) {
    sys_mprotect(at, group_size(), PROT_READ | PROT_WRITE);
    sys_madvise(at, group_size(), MADV_HUGEPAGE);
}

static void *group_of(struct blockmap_region *r, size_t group) {
    void *at = __atomic_load_n(&r->group[group], __ATOMIC_ACQUIRE);
    if (at != NULL)
        return at;
    at = publish(&r->group[group], reserve_group(), group_size());
    if (at != NULL && are_many() && group > 0 && is_complete(r, group - 1))
        open_whole(at);
    return at;
}

static void note_complete(void *at) {
    __atomic_fetch_add(&complete_groups, 1, __ATOMIC_RELAXED);
    if (!are_many())
        return;
    sys_madvise(at, group_size(), MADV_HUGEPAGE);
    sys_madvise(at, group_size(), COLLAPSE);
}

/* In its group's place, or wherever there is room. */
static void *map_stretch(char *group, size_t index) {
    char *at;
    if (group == NULL)
        return sys_pages(stretch_size());
    at = group + index % BLOCKMAP_GROUP * stretch_size();
    return sys_failed(sys_mprotect(at, stretch_size(), PROT_READ | PROT_WRITE)) ? NULL : at;
}

static int make_stretch(struct blockmap_region *r, size_t index) {
    uint32_t *expected = NULL, *made;
    size_t group = index / BLOCKMAP_GROUP;
    if (!store.may_grow)
        return -1;
    made = map_stretch(group_of(r, group), index);
    if (made == NULL)
        return -1;
    if (!__atomic_compare_exchange_n(&r->stretch[index], &expected, made, 0, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE))
        return 0; /* another thread made the same, but for the rare case that it is lost */
    usage_add(stretch_size());
    if (r->group[group] != NULL && is_complete(r, group))
        note_complete(r->group[group]);
    return 0;
}

static uint32_t *make_word(const void *block) {
    uintptr_t address = (uintptr_t)block;
    size_t index = address >> BLOCKMAP_STRETCH_SHIFT & (BLOCKMAP_STRETCHES - 1);
    struct blockmap_region *r = address >> ARCH_ADDRESS_BITS == 0 ? region_of(address) : NULL;
    if (r == NULL || (r->stretch[index] == NULL && make_stretch(r, index) != 0))
        return NULL;
    return blockmap_word(block);
}

static size_t lane_of(uintptr_t at) {
    return (at & blockmap.lane_bits) / BLOCKMAP_LANE_WIDTH;
}

/* The word behind that of the block's window. The region exists, since it has that word. */
static uint32_t *next_word(const void *block, uint32_t *word) {
    uintptr_t at = (uintptr_t)block;
    struct blockmap_region *r;
    if (!blockmap_is_last(block))
        return word + 1;
    r = __atomic_load_n(&blockmap.region[at >> BLOCKMAP_REGION_SHIFT], __ATOMIC_ACQUIRE);
    return &r->after[at >> BLOCKMAP_STRETCH_SHIFT & (BLOCKMAP_STRETCHES - 1)][lane_of(at)];
}

struct block blockmap_take_last(const void *at, uint32_t *word) {
    uint32_t first = blockmap_get(word), *next = next_word(at, word);
    struct block b = {blockmap_size_in(first), first >> 8};
    if (!blockmap_is_first(first))
        return (struct block){0, 0};
    if (b.size == BLOCKMAP_SIZE_NEXT) {
        b.size = blockmap_get(next) >> 1;
        blockmap_set(next, 0);
    }
    blockmap_set(word, 0);
    if (b.size == BLOCKMAP_BIG)
        b.size = blockmap_take_big(at);
    return b;
}

/* Takes out the block whose first word stands in the window of an address, if there is one. */
static struct block evict_first(uintptr_t window) {
    const uint32_t *word = blockmap_word((const void *)window);
    uintptr_t half = word != NULL ? (blockmap_get(word) >> 7 & 1) * 16 : 0;
    return blockmap_take((const void *)(window + (blockmap.lane_bits == 0 ? half : 0)));
}

struct block blockmap_evict(const void *at, uint64_t size) {
    enum { WINDOW = 1 << BLOCKMAP_WINDOW_SHIFT };
    uintptr_t here = (uintptr_t)at & ~((WINDOW - 1) & ~blockmap.lane_bits);
    const uint32_t *word = blockmap_word(at);
    struct block found;
    if (word != NULL && blockmap_get(word) != 0 && !blockmap_is_first(blockmap_get(word)))
        return evict_first(here - WINDOW); /* it covers this window */
    found = evict_first(here);
    if (found.site == 0 && size > BLOCKMAP_SMALL)
        found = evict_first(here + WINDOW);
    return found;
}

int blockmap_insert(const void *at, struct block block) {
    uint32_t *word = make_word(at);
    uint32_t size = block.size < BLOCKMAP_BIG ? (uint32_t)block.size : BLOCKMAP_BIG;
    if (word == NULL || (size == BLOCKMAP_BIG && add_big(at, block.size) != 0))
        return -1;
    if (size <= BLOCKMAP_SMALL) {
        blockmap_set(word, blockmap_first(at, block.site, size));
        return 0;
    }
    blockmap_set(word, blockmap_first(at, block.site, BLOCKMAP_SIZE_NEXT));
    blockmap_set(next_word(at, word), size << 1);
    return 0;
}

static uint64_t big_size(uintptr_t at) {
    for (int i = 0; i < BIG_MAX; i++)
        if (__atomic_load_n(&big[i].at, __ATOMIC_ACQUIRE) == at)
            return big[i].size;
    return 0;
}

/* Where the block of a word begins. */
static uintptr_t address_of(uintptr_t window, size_t lane, uint32_t word) {
    uintptr_t half = word >> 7 & 1;
    return window + (blockmap.lane_bits == 0 ? half * 16 : lane * BLOCKMAP_LANE_WIDTH);
}

/* Its site is 0 if it is only being entered, or taken out, by another thread. */
static struct block read_block(uintptr_t at, uint32_t *word) {
    uint32_t first = blockmap_get(word), next;
    struct block b = {blockmap_size_in(first), first >> 8};
    if (b.size != BLOCKMAP_SIZE_NEXT)
        return b;
    next = blockmap_get(next_word((const void *)at, word));
    b.size = next >> 1 == BLOCKMAP_BIG ? big_size(at) : next >> 1;
    if (next == 0)
        b.site = 0;
    return b;
}

static void visit_stretch(uint32_t *words, uintptr_t address, blockmap_visitor *visit,
                          void *argument) {
    for (size_t i = 0; i < stretch_size() / sizeof *words; i++) {
        uint32_t word = blockmap_get(&words[i]);
        uintptr_t window = address + i % BLOCKMAP_WINDOWS * (1 << BLOCKMAP_WINDOW_SHIFT);
        uintptr_t at = address_of(window, i / BLOCKMAP_WINDOWS, word);
        struct block b = {0, 0};
        if (blockmap_is_first(word))
            b = read_block(at, &words[i]);
        if (b.site != 0)
            visit(argument, at, b);
    }
}

void blockmap_each(blockmap_visitor *visit, void *argument) {
    for (uintptr_t i = 0; i < BLOCKMAP_REGIONS; i++) {
        const struct blockmap_region *r = __atomic_load_n(&blockmap.region[i], __ATOMIC_ACQUIRE);
        for (uintptr_t j = 0; r != NULL && j < BLOCKMAP_STRETCHES; j++) {
            uint32_t *words = __atomic_load_n(&r->stretch[j], __ATOMIC_ACQUIRE);
            if (words != NULL)
                visit_stretch(words, i << BLOCKMAP_REGION_SHIFT | j << BLOCKMAP_STRETCH_SHIFT,
                              visit, argument);
        }
    }
}

struct block blockmap_find(const void *at) {
    uintptr_t address = (uintptr_t)at, window = address & -(UINT64_C(1) << BLOCKMAP_WINDOW_SHIFT);
    uint32_t *word = blockmap_word(at), first = word != NULL ? blockmap_get(word) : 0;
    if (!blockmap_is_first(first) || address_of(window, lane_of(address), first) != address)
        return (struct block){0, 0};
    return read_block(address, word);
}

static void forget_region(struct blockmap_region *r) {
    sys_madvise(r->after, sizeof r->after, MADV_DONTNEED);
    for (uintptr_t j = 0; j < BLOCKMAP_STRETCHES; j++)
        if (r->stretch[j] != NULL)
            sys_madvise(r->stretch[j], stretch_size(), MADV_DONTNEED);
}

void blockmap_forget(void) {
    for (uintptr_t i = 0; i < BLOCKMAP_REGIONS; i++) {
        struct blockmap_region *r = __atomic_load_n(&blockmap.region[i], __ATOMIC_ACQUIRE);
        if (r != NULL)
            forget_region(r);
    }
    memset(big, 0, sizeof big);
}

/* One lazily touched mapping for all the stretches of a region, which are then cut from it. */
static void fill(struct blockmap_region *r) {
    char *pages = sys_mmap(NULL, stretch_size() * BLOCKMAP_STRETCHES, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    for (int i = 0; pages != NULL && i < BLOCKMAP_STRETCHES; i++) {
        uint32_t *expected = NULL;
        __atomic_compare_exchange_n(&r->stretch[i], &expected,
                                    (uint32_t *)(pages + i * stretch_size()), 0, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED);
    }
}

void blockmap_grow_ahead(void) {
    for (int i = 0; i < BLOCKMAP_REGIONS; i++)
        if (blockmap.region[i] != NULL)
            fill(blockmap.region[i]);
}

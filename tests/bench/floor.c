/* What a tracer that is exact does at least, as a library to be preloaded: it stands in front of
 * the allocator, knows the size of every live block by a word in a shadow of the heap, and keeps
 * the current and the peak total. No threads' safety beyond single words.
 *
 * No call paths either, but what they cost at least: who tells one from the one before has to read
 * the return address of every frame, and counts each event in the counters of one of many sites.
 * With FLOOR_FRAMES=N each allocation reads N words of the stack, some way apart, and compares them
 * with others; its site is any that follows from the caller. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { GRANULE_SHIFT = 5 }; /* bytes of heap for each word, as heapline has it */
#define SHADOW_SIZE ((size_t)1 << (47 - GRANULE_SHIFT + 2))

static void *(*real_malloc)(size_t), *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t), *(*real_memalign)(size_t, size_t);
static void (*real_free)(void *);

static uint32_t *shadow;
static int64_t current, peak;
static uint64_t epoch;
static const void *last; /* block that was made */
static __thread uint64_t calls __attribute__((tls_model("initial-exec")));

/* As many counters as heapline has, and what a peak was made of is known in the same way. */
struct site {
    int64_t current_bytes, current_count, peak_bytes, peak_count;
    uint64_t total_bytes, total_count, temporary, epoch;
};
enum { SITE_BITS = 12 };
static struct site sites[1 << SITE_BITS] __attribute__((aligned(64)));

enum { FRAMES_MAX = 64, FRAME_WORDS = 6 };
static unsigned frames;
static uintptr_t known[FRAMES_MAX];
static long different;

/* What the loader takes while the others are looked up. */
static char early[1 << 16];
static size_t early_used;

static void *early_calloc(size_t count, size_t size) {
    void *block = &early[early_used];
    early_used += (count * size + 15) & ~(size_t)15;
    if (early_used > sizeof early)
        abort();
    return block;
}

static int is_early(const void *block) {
    return (uintptr_t)block - (uintptr_t)early < sizeof early;
}

static void find(void *function, const char *name) {
    *(void **)function = dlsym(RTLD_NEXT, name);
}

static __attribute__((noinline)) void begin(void) {
    const char *wanted = getenv("FLOOR_FRAMES");
    frames = wanted != NULL ? (unsigned)atoi(wanted) : 0;
    if (frames > FRAMES_MAX)
        frames = FRAMES_MAX;
    real_calloc = early_calloc;
    find(&real_malloc, "malloc");
    find(&real_realloc, "realloc");
    find(&real_memalign, "memalign");
    find(&real_free, "free");
    find(&real_calloc, "calloc");
    void *at = mmap(NULL, SHADOW_SIZE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        abort();
    shadow = at;
}

static inline void need(const void *function) {
    if (__builtin_expect(function == NULL, 0))
        begin();
}

static inline void change(int64_t bytes) {
    calls++;
    current += bytes;
    if (current > peak)
        peak = current;
    else
        epoch += current - bytes == peak;
}

static inline uint32_t *word_of(const void *block) {
    return &shadow[(uintptr_t)block >> GRANULE_SHIFT];
}

static inline void compare_path(const uintptr_t *stack) {
    uintptr_t change = 0;
#pragma GCC unroll 8
    for (unsigned i = 0; i < frames; i++)
        change |= stack[i * FRAME_WORDS] ^ known[i];
    different += change != 0;
}

static inline uint32_t site_of(uintptr_t caller, uintptr_t stack) {
    return (uint32_t)((caller ^ stack << 20) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - SITE_BITS));
}

static inline void change_site(struct site *s, int64_t bytes, int64_t blocks) {
    change(bytes);
    if (s->epoch != epoch) {
        s->peak_bytes = s->current_bytes;
        s->peak_count = s->current_count;
        s->epoch = epoch;
    }
    s->current_bytes += bytes;
    s->current_count += blocks;
}

/* A word has a site and a small size; larger ones stand in the next. */
enum { SMALL = 62, IN_NEXT = 63 };

static inline void born_at(uint32_t *word, size_t size, uint32_t site) {
    int is_small = size <= SMALL;
    *word = site << 8 | (is_small ? (uint32_t)size : IN_NEXT) << 1 | 1;
    if (!is_small)
        word[1] = (uint32_t)size;
    change_site(&sites[site], (int64_t)size, 1);
    sites[site].total_bytes += size;
    sites[site].total_count++;
}

static inline __attribute__((always_inline)) void *born(void *block, size_t size) {
    uintptr_t stack = (uintptr_t)__builtin_frame_address(0);
    if (block == NULL || shadow == NULL)
        return block;
    if (frames != 0) {
        last = block;
        compare_path((const uintptr_t *)stack);
        born_at(word_of(block), size, site_of((uintptr_t)__builtin_return_address(0), stack));
    } else {
        *word_of(block) = (uint32_t)size + 1;
        change((int64_t)size);
    }
    return block;
}

static inline void died_at(uint32_t *word, const void *block) {
    uint32_t first = *word, size = first >> 1 & IN_NEXT, is_next = size == IN_NEXT;
    if (is_next)
        size = word[1];
    word[is_next] = 0;
    *word = 0;
    change_site(&sites[first >> 8], -(int64_t)size, -1);
    sites[first >> 8].temporary += block == last;
}

static inline void died(const void *block) {
    if (block == NULL || shadow == NULL)
        return;
    uint32_t *word = word_of(block), first = *word;
    if (first != 0 && frames != 0) {
        died_at(word, block);
    } else if (first != 0) {
        *word = 0;
        change(1 - (int64_t)first);
    }
}

void *malloc(size_t size) {
    need((void *)real_malloc);
    return born(real_malloc(size), size);
}

void *calloc(size_t count, size_t size) {
    need((void *)real_calloc);
    return born(real_calloc(count, size), count * size);
}

void free(void *block) {
    died(block);
    if (!is_early(block))
        real_free(block);
}

void *realloc(void *block, size_t size) {
    need((void *)real_realloc);
    died(block);
    return born(real_realloc(block, size), size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    need((void *)real_memalign);
    return born(real_memalign(alignment, size), size);
}

void *memalign(size_t alignment, size_t size) {
    return aligned_alloc(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    *block = aligned_alloc(alignment, size);
    return 0;
}

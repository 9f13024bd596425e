/* What a tracer that is exact does at least, as a library to be preloaded: it stands in front of
 * the allocator, knows the size of every live block by a word in a shadow of the heap, and keeps
 * the current and the peak total. No threads' safety beyond single words.
 *
 * No call paths either, but what they cost at least: who tells one from the one before has to read
 * the return address of every frame. With FLOOR_FRAMES=N each allocation reads N words of the
 * stack, some way apart, and compares them with others. */
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
static __thread uint64_t calls __attribute__((tls_model("initial-exec")));

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

static inline __attribute__((always_inline)) void *born(void *block, size_t size) {
    compare_path(__builtin_frame_address(0));
    if (block != NULL && shadow != NULL) {
        *word_of(block) = (uint32_t)size + 1;
        change((int64_t)size);
    }
    return block;
}

static inline void died(const void *block) {
    if (block == NULL || shadow == NULL)
        return;
    uint32_t *word = word_of(block), size = *word;
    *word = 0;
    if (size != 0)
        change(1 - (int64_t)size);
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

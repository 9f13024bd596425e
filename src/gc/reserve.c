#include "gc/reserve.h"
#include <pthread.h>
#include <sys/mman.h>
#include "base/sys.h"
#include "gc/pages.h"
#include "gc/publish.h"

enum { CHUNKS_MAX = 1 << 15 }; /* 64 GiB a half */
static const size_t smallest = (size_t)16 << RESERVE_CHUNK_SHIFT;
/* From here on chunks are worth huge pages. */
enum { SMALL_HEAP_CHUNKS = 2 };
/* So many have their scratch in one huge page. */
enum { GROUP = (PAGES_HUGE << RESERVE_GRANULE_SHIFT) >> RESERVE_CHUNK_SHIFT };

struct reserve gc_reserve;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint8_t taken[2][CHUNKS_MAX / 8], writable[2][CHUNKS_MAX / 8];
static uint8_t has_scratch[CHUNKS_MAX / GROUP / 8];
static size_t first_free[2]; /* no chunk below is free */

static void before_fork(void) {
    pthread_mutex_lock(&lock);
}

static void after_fork(void) {
    pthread_mutex_unlock(&lock);
}

/* A child could not make a runtime if another thread had the lock when it was made. */
__attribute__((constructor)) static void prepare_for_forks(void) {
    pthread_atfork(before_fork, after_fork, after_fork);
}

static int get_bit(const uint8_t *bits, size_t i) {
    return bits[i / 8] >> i % 8 & 1;
}

static void set_bit(uint8_t *bits, size_t i, int value) {
    bits[i / 8] = (uint8_t)((bits[i / 8] & ~(1 << i % 8)) | value << i % 8);
}

/* Under a limit of address space the program needs most of it for itself. */
static size_t wanted_half(void) {
    size_t half = (size_t)CHUNKS_MAX << RESERVE_CHUNK_SHIFT;
    uint64_t limit = sys_limit(RLIMIT_AS);
    while (half > smallest && half > limit / 8)
        half /= 2;
    return half;
}

static void *reserve_pages(size_t size) {
    return sys_mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static size_t traces_size(size_t bytes) {
    return (bytes >> RESERVE_GRANULE_SHIFT) * sizeof(uint32_t);
}

static void *traces_of(const void *memory) {
    return (void *)(gc_reserve.traces +
                    ((uintptr_t)memory >> RESERVE_GRANULE_SHIFT) * sizeof(uint32_t));
}

static uintptr_t align(uintptr_t at) {
    return (at + PAGES_HUGE - 1) & ~(uintptr_t)(PAGES_HUGE - 1);
}

static int try_reserve(size_t half) {
    enum { HEAP, SCRATCH, MARKS, TRACES, PARTS };
    size_t size[PARTS] = {2 * half + PAGES_HUGE, (half >> RESERVE_GRANULE_SHIFT) + PAGES_HUGE,
                          half >> RESERVE_MARK_SHIFT,
                          publish_is_wanted() ? traces_size(2 * half) : 0};
    uintptr_t at[PARTS] = {0};
    for (int i = 0; i < PARTS; i++)
        if (size[i] && !(at[i] = (uintptr_t)reserve_pages(size[i]))) {
            while (i--)
                sys_munmap((void *)at[i], size[i]);
            return -1;
        }
    uintptr_t base = align(at[HEAP]);
    gc_reserve.half = half;
    gc_reserve.scratch = align(at[SCRATCH]) - (base >> RESERVE_GRANULE_SHIFT);
    gc_reserve.marks = at[MARKS] - (base >> RESERVE_MARK_SHIFT);
    gc_reserve.has_traces = at[TRACES] != 0;
    gc_reserve.traces = at[TRACES] - (base >> RESERVE_GRANULE_SHIFT) * sizeof(uint32_t);
    gc_reserve.base = base;
    return 0;
}

int reserve_init(void) {
    int result = 0;
    pthread_mutex_lock(&lock);
    if (!gc_reserve.base) {
        size_t half = wanted_half();
        while ((result = try_reserve(half)) != 0 && half > smallest)
            half /= 2;
    }
    pthread_mutex_unlock(&lock);
    return result;
}

static char *chunk_at(enum reserve_half half, size_t i) {
    return (char *)gc_reserve.base + (half == RESERVE_LEAF ? gc_reserve.half : 0) +
           (i << RESERVE_CHUNK_SHIFT);
}

/* The first of `count` free chunks in a row, or the number of chunks. */
static size_t find_free(enum reserve_half half, size_t count) {
    size_t chunks = gc_reserve.half >> RESERVE_CHUNK_SHIFT, run = 0;
    for (size_t i = first_free[half]; i < chunks; i++) {
        run = get_bit(taken[half], i) ? 0 : run + 1;
        if (run == count)
            return i + 1 - count;
    }
    return chunks;
}

static int may_write(void *memory, size_t size) {
    return sys_mprotect(memory, size, PROT_READ | PROT_WRITE) == 0;
}

/* Of all chunks in the same group. */
static int may_write_scratch(size_t i) {
    size_t group = i / GROUP, size = (size_t)GROUP << RESERVE_CHUNK_SHIFT;
    if (get_bit(has_scratch, group))
        return 1;
    uintptr_t first = (uintptr_t)chunk_at(RESERVE_CYCLIC, group * GROUP);
    void *scratch = (void *)(gc_reserve.scratch + (first >> RESERVE_GRANULE_SHIFT));
    void *marks = (void *)(gc_reserve.marks + (first >> RESERVE_MARK_SHIFT));
    if (group)
        sys_madvise(scratch, PAGES_HUGE, pages_may_be_huge() ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    if (!may_write(scratch, PAGES_HUGE) || !may_write(marks, size >> RESERVE_MARK_SHIFT))
        return 0;
    set_bit(has_scratch, group, 1);
    return 1;
}

static int make_writable(enum reserve_half half, size_t i) {
    if (get_bit(writable[half], i))
        return 0;
    char *chunk = chunk_at(half, i);
    if (i >= SMALL_HEAP_CHUNKS && pages_may_be_huge())
        sys_madvise(chunk, RESERVE_CHUNK, MADV_HUGEPAGE);
    if (!may_write(chunk, RESERVE_CHUNK) || (half == RESERVE_CYCLIC && !may_write_scratch(i)) ||
        (gc_reserve.has_traces && !may_write(traces_of(chunk), traces_size(RESERVE_CHUNK))))
        return -1;
    set_bit(writable[half], i, 1);
    return 0;
}

static void *take(enum reserve_half half, size_t count) {
    size_t first = find_free(half, count);
    if (first == gc_reserve.half >> RESERVE_CHUNK_SHIFT)
        return NULL;
    for (size_t i = first; i < first + count; i++)
        if (make_writable(half, i))
            return NULL;
    if (!pages_may_be_huge())
        sys_madvise(chunk_at(half, first), count << RESERVE_CHUNK_SHIFT, MADV_NOHUGEPAGE);
    for (size_t i = first; i < first + count; i++)
        set_bit(taken[half], i, 1);
    if (first == first_free[half])
        first_free[half] = first + count;
    return chunk_at(half, first);
}

void *reserve_take(enum reserve_half half, size_t count) {
    pthread_mutex_lock(&lock);
    void *chunk = take(half, count);
    pthread_mutex_unlock(&lock);
    return chunk;
}

void reserve_give(void *chunk, size_t count) {
    enum reserve_half half = reserve_is_cyclic(chunk) ? RESERVE_CYCLIC : RESERVE_LEAF;
    size_t first = (size_t)((char *)chunk - chunk_at(half, 0)) >> RESERVE_CHUNK_SHIFT;
    sys_madvise(chunk, count << RESERVE_CHUNK_SHIFT, MADV_DONTNEED);
    if (gc_reserve.has_traces)
        sys_madvise(traces_of(chunk), traces_size(count << RESERVE_CHUNK_SHIFT), MADV_DONTNEED);
    pthread_mutex_lock(&lock);
    for (size_t i = first; i < first + count; i++)
        set_bit(taken[half], i, 0);
    if (first < first_free[half])
        first_free[half] = first;
    pthread_mutex_unlock(&lock);
}

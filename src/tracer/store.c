#include <stddef.h>
#include <string.h>

#include "base/sys.h"
#include "tracer/store.h"
#include "tracer/store_file.h"
#include "tracer/usage.h"

struct store store;
uint64_t usage_bytes;

enum {
    PAGE = ARCH_PAGE,
    HEADER_SIZE = PAGE > 8192 ? PAGE : 8192,
    GROW_STEP = 64 << 10,
    GROW_MOST = 2 << 20, /* ahead of need */
    SMALLEST = ARENA_SMALLEST,
    SMALLEST_UNCOLLECTED = 64 << 20,
    SHARE_OF_SPACE = 16
};

#define PAGES(size) (((size) + PAGE - 1) / PAGE * PAGE)

static const struct segment_row {
    uint32_t element;  /* bytes */
    uint32_t first;    /* bytes committed at creation */
    uint64_t capacity; /* bytes reserved when nothing limits us */
    uint32_t share;    /* of SHARES of the ceiling, when something does */
} segments[ARENA_SEGMENTS] = {
    [ARENA_NODES] = {sizeof(struct arena_node), PAGES(16384), UINT64_C(4) << 30, 16},
    [ARENA_SITES] = {sizeof(struct arena_site), PAGE, UINT64_C(256) << 20, 6},
    [ARENA_STATS] = {sizeof(struct arena_stat), PAGES(16384), UINT64_C(1) << 30, 21},
    [ARENA_LEDGERS] = {sizeof(struct arena_ledger), 0, UINT64_C(64) << 20, 4},
    [ARENA_MODULES] = {sizeof(struct arena_module), PAGE, UINT64_C(6) << 20, 4},
    [ARENA_STRINGS] = {1, PAGES(8192), UINT64_C(64) << 20, 8},
    [ARENA_TYPES] = {sizeof(struct arena_type), 0, UINT64_C(16) << 20, 3},
    [ARENA_DOMAINS] = {sizeof(struct arena_domain), 0, UINT64_C(1) << 20, 1},
    [ARENA_LABELS] = {sizeof(struct arena_label), 0, UINT64_C(1) << 20, 1},
};
enum { SHARES = 64 };

static uint64_t share_of(uint64_t limit, int segment) {
    return (limit - HEADER_SIZE) / SHARES * segments[segment].share / PAGE * PAGE;
}

/* Lays the segments out in `limit` bytes at most; returns the ceiling. */
static uint64_t lay_out(struct arena_extent *extent, uint64_t limit) {
    uint64_t at = HEADER_SIZE, wanted = HEADER_SIZE;
    for (int i = 0; i < ARENA_SEGMENTS; i++)
        wanted += segments[i].capacity;
    for (int i = 0; i < ARENA_SEGMENTS; i++) {
        uint64_t capacity = segments[i].capacity;
        if (wanted > limit)
            capacity = share_of(limit, i);
        extent[i] = (struct arena_extent){.offset = at, .capacity = capacity};
        at += capacity;
    }
    return at;
}

static void set_base(unsigned char *base, const struct arena_extent *extent) {
    store.base = base;
    store.header = (struct arena_header *)base;
    store.nodes = (struct arena_node *)(base + extent[ARENA_NODES].offset);
    store.sites = (struct arena_site *)(base + extent[ARENA_SITES].offset);
    store.stats = (struct arena_stat *)(base + extent[ARENA_STATS].offset);
    store.ledgers = (struct arena_ledger *)(base + extent[ARENA_LEDGERS].offset);
    store.modules = (struct arena_module *)(base + extent[ARENA_MODULES].offset);
    store.strings = (char *)(base + extent[ARENA_STRINGS].offset);
    store.types = (struct arena_type *)(base + extent[ARENA_TYPES].offset);
    store.domains = (struct arena_domain *)(base + extent[ARENA_DOMAINS].offset);
    store.labels = (struct arena_label *)(base + extent[ARENA_LABELS].offset);
}

/* Makes [offset, offset + size) of the mapping touchable, with its memory already taken: a full
 * tmpfs is an error here instead of a SIGBUS later. */
static int commit(uint64_t offset, uint64_t size) {
    enum { EINVAL_RESULT = -22 };
    unsigned char *at = store.base + offset;
    long r;
    if (sys_failed(sys_mprotect(at, size, PROT_READ | PROT_WRITE)))
        return -1;
    r = sys_madvise(at, size, MADV_POPULATE_WRITE);
    if (r == 0 ||
        (r == EINVAL_RESULT && (store.path[0] == '\0' || store_file_allocate(offset, size) == 0)))
        return 0;
    sys_mprotect(at, size, PROT_NONE);
    return -1;
}

/* A segment that could not grow is not tried again with every event: it takes system calls. */
static struct { uint32_t failures, skip; } refused[ARENA_SEGMENTS];
enum { SKIP_MOST = 1 << 16 };

static void refuse(enum arena_segment s) {
    uint32_t skip = UINT32_C(64) << refused[s].failures;
    refused[s].skip = skip;
    if (skip < SKIP_MOST)
        refused[s].failures++;
}

/* What store_bytes reads at any time. */
static void set(uint64_t *figure, uint64_t value) {
    __atomic_store_n(figure, value, __ATOMIC_RELAXED);
}

/* Where there is no room for a quarter more, there may be for the next step. */
static int grow_to(enum arena_segment s, uint64_t want) {
    const struct arena_extent *extent = &store.header->segment[s];
    uint64_t have = store.committed[s];
    want = (want + GROW_STEP - 1) / GROW_STEP * GROW_STEP;
    if (want > extent->capacity)
        want = extent->capacity;
    if (commit(extent->offset + have, want - have) != 0)
        return -1;
    set(&store.committed[s], want);
    refused[s].failures = 0;
    return 0;
}

static int grow(enum arena_segment s, uint64_t needed) {
    uint64_t quarter = store.committed[s] / 4;
    uint64_t ample = store.committed[s] + (quarter < GROW_MOST ? quarter : GROW_MOST);
    if (!store.may_grow || needed > store.header->segment[s].capacity)
        return -1;
    if (refused[s].skip > 0) {
        refused[s].skip--;
        return -1;
    }
    if ((ample > needed && grow_to(s, ample) == 0) || grow_to(s, needed) == 0)
        return 0;
    refuse(s);
    return -1;
}

int store_reserve(enum arena_segment s, uint64_t count) {
    uint64_t needed = (store.header->segment[s].used + count) * segments[s].element;
    return needed <= store.committed[s] ? 0 : grow(s, needed);
}

uint32_t store_string(const char *bytes, uint32_t size) {
    struct arena_extent *extent = &store.header->segment[ARENA_STRINGS];
    uint32_t at = (uint32_t)extent->used;
    if (size == 0 || store_reserve(ARENA_STRINGS, (uint64_t)size + 1) != 0)
        return 0;
    memcpy(store.strings + at, bytes, size);
    store.strings[at + size] = '\0';
    __atomic_store_n(&extent->used, at + size + 1, __ATOMIC_RELEASE);
    return at;
}

static int map_fixed(unsigned char *at, uint64_t offset, uint64_t size, int fd) {
    int flags = MAP_SHARED | MAP_NORESERVE | MAP_FIXED | (fd < 0 ? MAP_ANONYMOUS : 0);
    if (sys_mmap(at, size, PROT_NONE, flags, fd, fd < 0 ? 0 : (long)offset) == NULL)
        return -1;
    sys_madvise(at, size, MADV_DONTDUMP);
    sys_madvise(at, size, MADV_NOHUGEPAGE);
    return 0;
}

/* Maps a file, or anonymous memory when fd is -1, segment by segment: what store_limit has given
 * back may be the program's by now. */
static int map_segments(unsigned char *base, const struct arena_extent *extent, int fd) {
    int r = map_fixed(base, 0, HEADER_SIZE, fd);
    for (int i = 0; r == 0 && i < ARENA_SEGMENTS; i++)
        r = map_fixed(base + extent[i].offset, extent[i].offset, extent[i].capacity, fd);
    return r;
}

static void *reserve(uint64_t ceiling) {
    return sys_mmap(NULL, ceiling, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

/* What a fork has to copy. */
static uint64_t valid_bytes(const struct arena_extent *extent, int segment) {
    return (extent[segment].used - extent[segment].first) * segments[segment].element;
}

static uint64_t first_byte(const struct arena_extent *extent, int segment) {
    return extent[segment].first * segments[segment].element;
}

static int commit_first(const struct arena_extent *extent) {
    if (commit(0, HEADER_SIZE) != 0)
        return -1;
    for (int i = 0; i < ARENA_SEGMENTS; i++) {
        uint64_t used = (extent[i].used * segments[i].element + PAGE - 1) / PAGE * PAGE;
        uint64_t size = used > segments[i].first ? used : segments[i].first;
        uint64_t gone = first_byte(extent, i) / PAGE * PAGE;
        if (size > extent[i].capacity ||
            (size > gone && commit(extent[i].offset + gone, size - gone) != 0))
            return -1;
        store.committed[i] = size;
    }
    return 0;
}

/* -1: anonymous memory. */
static int map_descriptor(const struct arena_extent *extent, int fd) {
    int r = map_segments(store.base, extent, fd);
    store.survives = fd >= 0;
    if (fd >= 0)
        sys_close(fd);
    if (r == 0 && commit_first(extent) == 0)
        return 0;
    store_unlink();
    return -1;
}

static int map_file(const struct arena_extent *extent) {
    for (int i = 0; i < STORE_FILES; i++) {
        int fd = store_files[i](store.ceiling);
        if (fd >= 0 && map_descriptor(extent, fd) == 0)
            return 0;
    }
    return -1;
}

static int map_memory(const struct arena_extent *extent) {
    return map_descriptor(extent, -1);
}

static uint64_t space_limit(void) {
    uint64_t space = sys_limit(RLIMIT_AS);
    if (space == UINT64_MAX)
        return space;
    return space / SHARE_OF_SPACE > SMALLEST ? space / SHARE_OF_SPACE : SMALLEST;
}

/* A process that writes its snapshot by itself has more room in memory than in a small file. */
static uint64_t smallest_file(void) {
    return store.session != 0 ? SMALLEST : SMALLEST_UNCOLLECTED;
}

static void fill_first(const struct arena_extent *extent) {
    struct arena_header *h = store.header;
    memcpy(h->segment, extent, sizeof h->segment);
    h->version = ARENA_VERSION;
    h->header_size = sizeof *h;
    h->at_peak = 1;
    h->segment[ARENA_NODES].used = 2;
    h->segment[ARENA_SITES].used = h->segment[ARENA_STATS].used = ARENA_SITE_FIRST + 1;
    h->segment[ARENA_SITES].first = h->segment[ARENA_STATS].first = ARENA_SITE_FIRST;
    h->segment[ARENA_MODULES].used = 1;
    h->segment[ARENA_TYPES].used = h->segment[ARENA_TYPES].first = 1;
    h->segment[ARENA_STRINGS].used = 1;
    store.sites[ARENA_SITE_FIRST].node = ARENA_NODE_NOT_RECORDED;
}

static void note_if_lost_when_killed(void) {
    uint64_t bit = UINT64_C(1) << ARENA_NOTE_LOST_IF_KILLED;
    store.header->notes = (store.header->notes & ~bit) | (store.survives ? 0 : bit);
}

static int create_within(uint64_t limit, int (*map)(const struct arena_extent *)) {
    struct arena_extent extent[ARENA_SEGMENTS];
    unsigned char *base;
    store.ceiling = lay_out(extent, limit);
    base = reserve(store.ceiling);
    if (base == NULL)
        return -1;
    set_base(base, extent);
    if (map(extent) != 0) {
        sys_munmap(base, store.ceiling);
        return -1;
    }
    store.may_grow = 1;
    fill_first(extent);
    note_if_lost_when_killed();
    return 0;
}

int store_create(void) {
    uint64_t space = space_limit(), file = sys_limit(RLIMIT_FSIZE);
    if (create_within(space, map_file) == 0 ||
        (file < store.ceiling && file >= smallest_file() && create_within(file, map_file) == 0))
        return 0;
    return create_within(space, map_memory);
}

/* Copies what the parent had used into private memory, segment after segment. */
static unsigned char *save_used(const struct arena_header *header, const struct arena_stat *stats,
                                uint64_t *size) {
    const struct arena_extent *extent = header->segment;
    unsigned char *copy, *to;
    *size = 0;
    for (int i = 0; i < ARENA_SEGMENTS; i++)
        *size += valid_bytes(extent, i);
    copy = to = sys_pages(*size);
    for (int i = 0; copy != NULL && i < ARENA_SEGMENTS; i++) {
        uint64_t bytes = valid_bytes(extent, i);
        const unsigned char *from = store.base + extent[i].offset;
        if (i == ARENA_STATS && stats != NULL)
            from = (const unsigned char *)stats;
        memcpy(to, from + first_byte(extent, i), bytes);
        to += bytes;
    }
    return copy;
}

void store_clip(struct arena_header *header) {
    for (int i = 0; i < ARENA_SEGMENTS; i++) {
        struct arena_extent *extent = &header->segment[i];
        uint64_t most = store.committed[i] / segments[i].element;
        if (extent->used > most)
            extent->used = most > extent->first ? most : extent->first;
    }
}

/* Of our copy of the parent's arena; its sites begin with a later one when it has forgotten. */
static int is_stale(const struct arena_header *copied) {
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&store.header->era, __ATOMIC_RELAXED) % 2 != 0 ||
           __atomic_load_n(&store.header->segment[ARENA_SITES].first, __ATOMIC_RELAXED) !=
               copied->segment[ARENA_SITES].first;
}

int store_fork(const struct arena_header *header, const struct arena_stat *stats) {
    uint64_t size;
    struct arena_header h = *header;
    unsigned char *copy = save_used(header, stats, &size), *from = copy;
    int r, stale;
    if (copy == NULL)
        return -1;
    stale = is_stale(header);
    h.era += h.era % 2;
    r = map_file(h.segment) == 0 ? 0 : map_memory(h.segment);
    for (int i = 0; r == 0 && i < ARENA_SEGMENTS; i++) {
        uint64_t bytes = valid_bytes(h.segment, i);
        memcpy(store.base + h.segment[i].offset + first_byte(h.segment, i), from, bytes);
        from += bytes;
    }
    sys_munmap(copy, size);
    if (r != 0)
        return -1;
    memset(h.magic, 0, sizeof h.magic); /* not valid until its identity is */
    *store.header = h;
    store.may_grow = 1;
    note_if_lost_when_killed();
    return stale;
}

/* What lies in the same pages stays, and so does what there is no memory to make again. */
void store_release(enum arena_segment s, uint64_t first) {
    struct arena_extent *extent = &store.header->segment[s];
    uint64_t from = extent->first * segments[s].element / PAGE * PAGE;
    uint64_t to = first * segments[s].element / PAGE * PAGE;
    if (to < from) /* they begin anew */
        to = (extent->used * segments[s].element + PAGE - 1) / PAGE * PAGE;
    if (to > from)
        sys_madvise(store.base + extent->offset + from, to - from, MADV_REMOVE);
    if (first < extent->first)
        set(&store.committed[s], 0);
    set(&extent->first, first);
}

void store_limit(uint64_t space) {
    uint64_t limit = space / SHARE_OF_SPACE > SMALLEST ? space / SHARE_OF_SPACE : SMALLEST;
    for (int i = 0; i < ARENA_SEGMENTS; i++) {
        struct arena_extent *extent = &store.header->segment[i];
        uint64_t capacity = share_of(limit, i);
        if (capacity < store.committed[i])
            capacity = store.committed[i];
        if (capacity >= extent->capacity)
            continue;
        sys_munmap(store.base + extent->offset + capacity, extent->capacity - capacity);
        extent->capacity = capacity;
    }
}

void store_freeze(void) {
    static const uint32_t ahead[ARENA_SEGMENTS] = {[ARENA_NODES] = 1 << 16,
                                                   [ARENA_SITES] = 1 << 14,
                                                   [ARENA_STATS] = 1 << 14,
                                                   [ARENA_MODULES] = 16,
                                                   [ARENA_STRINGS] = 1 << 14};
    for (int i = 0; i < ARENA_SEGMENTS; i++)
        store_reserve((enum arena_segment)i, ahead[i]);
    store.may_grow = 0;
    store_note(ARENA_NOTE_SECCOMP);
}

uint64_t store_bytes(void) {
    uint64_t bytes = HEADER_SIZE;
    for (int i = 0; i < ARENA_SEGMENTS; i++) {
        uint64_t first = __atomic_load_n(&store.header->segment[i].first, __ATOMIC_RELAXED);
        uint64_t released = first * segments[i].element / PAGE * PAGE;
        uint64_t committed = __atomic_load_n(&store.committed[i], __ATOMIC_RELAXED);
        bytes += committed > released ? committed - released : 0;
    }
    return bytes;
}

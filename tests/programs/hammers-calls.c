/* Linked with both libraries: hammers-calls SECONDS [SEED [tracked|hooks]]. Callers use every call
 * of heapline.h and take snapshots, all at once, while workers allocate, free, reallocate and pass
 * blocks to one another. Rounds alternate: in a wild one the callers start, stop and clear as well;
 * at the end of a calm one the figures must be the workers' own account, and every live block must
 * be listed. A sanitizer has an allocator of its own, whose blocks the tracer does not see. For a
 * tracer that is built with one: with "hooks" the workers ask the tracer's malloc by its address,
 * with "tracked" their blocks are tracked numbers. */
#include <dlfcn.h>
#include <errno.h>
#include <heapline_snapshot.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 8, CALLERS = 8, BLOCKS = 256, SHARED = 64, STEPS = 20000, BIGGEST = 3000 };
enum { TRACKED = 64, SCOPES = 3, FIRST_DOMAIN = 100, MOST_LIVE = 1 << 25 };

static pthread_barrier_t barrier;
static atomic_int is_over, workers_at_work;
static int is_wild, use_tracked;
static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    void (*free)(void *);
} family = {malloc, calloc, realloc, aligned_alloc, free};
static unsigned round_number;
static atomic_ulong calls;

static _Noreturn void fail(const char *what, uint64_t got, uint64_t expected) {
    fprintf(stderr, "round %u: %s: %llu, expected %llu\n", round_number, what,
            (unsigned long long)got, (unsigned long long)expected);
    abort();
}

static void expect(const char *what, uint64_t got, uint64_t expected) {
    if (got != expected)
        fail(what, got, expected);
}

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * UINT64_C(0x2545f4914f6cdd1d) >> 16;
}

/* --- Workers. A block is known to the tracer if it was allocated in this round. --- */
struct block {
    unsigned char *at;
    size_t size;
    unsigned round;
};
struct account { /* of one thread: only their sum means something */
    struct heapline_count current, total;
};
static struct worker {
    pthread_t thread;
    uint64_t random;
    struct block block[BLOCKS];
    struct account account;
    const void *seen; /* the last one that it has made */
} workers[WORKERS];
static struct {
    pthread_mutex_t lock;
    struct block block;
} shared[SHARED];

static void count_new(struct account *a, size_t size) {
    a->current.bytes += size;
    a->current.count++;
    a->total.bytes += size;
    a->total.count++;
}

static void count_gone(struct account *a, const struct block *b) {
    if (b->round != round_number)
        return;
    a->current.bytes -= b->size;
    a->current.count--;
}

/* A number that no other block has: an address that nobody writes to. */
static unsigned char *new_number(void) {
    static atomic_uintptr_t last = 1;
    return (unsigned char *)(atomic_fetch_add(&last, 1) << 4);
}

/* Atomic: a sanitizer does not know how the C library's malloc passes memory on. */
static void mark(struct block *b) {
    if (use_tracked)
        return;
    __atomic_store_n(&b->at[0], (unsigned char)b->size, __ATOMIC_RELAXED);
    __atomic_store_n(&b->at[b->size - 1], (unsigned char)b->size, __ATOMIC_RELAXED);
}

static void expect_mark(const char *what, const unsigned char *at, size_t size) {
    expect(what, __atomic_load_n(at, __ATOMIC_RELAXED), (unsigned char)size);
}

static void check_mark(const struct block *b) {
    if (use_tracked)
        return;
    expect_mark("first byte of a block", b->at, b->size);
    expect_mark("last byte of a block", b->at + b->size - 1, b->size);
}

static __attribute__((noinline)) void *allocate(size_t size, unsigned way) {
    if (use_tracked) {
        unsigned char *made = new_number();
        heapline_track(HEAPLINE_DOMAIN_MALLOC, (uintptr_t)made, size);
        return made;
    }
    switch (way % 4) {
    case 0:
        return family.calloc(1, size);
    case 1:
        return family.realloc(NULL, size);
    case 2:
        return family.aligned_alloc(64, size);
    default:
        return family.malloc(size);
    }
}

static void *reallocate(void *at, size_t size) {
    if (!use_tracked)
        return family.realloc(at, size);
    heapline_track(HEAPLINE_DOMAIN_MALLOC, (uintptr_t)at, size);
    return at;
}

static void release(void *at) {
    if (use_tracked)
        heapline_untrack(HEAPLINE_DOMAIN_MALLOC, (uintptr_t)at);
    else
        family.free(at);
}

static void fill(struct worker *w, struct block *b, size_t size, int is_new) {
    void *at = is_new ? allocate(size, (unsigned)next_random(&w->random)) : reallocate(b->at, size);
    if (at == NULL)
        fail("no memory", size, 0);
    *b = (struct block){at, size, round_number};
    __atomic_store_n(&w->seen, at, __ATOMIC_RELAXED);
    count_new(&w->account, size);
    mark(b);
}

/* Leaves a block for another worker and takes what it finds there. */
static void pass_on(struct worker *w, struct block *b) {
    struct block kept = *b;
    size_t at = next_random(&w->random) % SHARED;
    pthread_mutex_lock(&shared[at].lock);
    *b = shared[at].block;
    shared[at].block = kept;
    pthread_mutex_unlock(&shared[at].lock);
}

static void work(struct worker *w) {
    uint64_t r = next_random(&w->random);
    struct block *b = &w->block[r % BLOCKS];
    size_t size = (r >> 8) % BIGGEST + 1;
    if ((r >> 40) % 4 == 0)
        pass_on(w, b);
    if (b->at == NULL) {
        fill(w, b, size, 1);
        return;
    }
    check_mark(b);
    count_gone(&w->account, b);
    if ((r >> 32) % 3 == 0) {
        fill(w, b, size, 0);
        return;
    }
    release(b->at);
    b->at = NULL;
}

static void *worker_main(void *of) {
    struct worker *w = of;
    for (;;) {
        pthread_barrier_wait(&barrier);
        if (is_over)
            return NULL;
        for (int i = 0; i < STEPS; i++)
            work(w);
        atomic_fetch_sub(&workers_at_work, 1);
        pthread_barrier_wait(&barrier);
    }
}

/* --- Callers, each with a domain of its own. --- */
static struct caller {
    pthread_t thread;
    uint64_t random;
    unsigned domain;
    uint64_t tracked[TRACKED]; /* sizes; 0: not */
    struct account account;
    struct heapline_scope *scope[SCOPES];
} callers[CALLERS];

static void call_track(struct caller *c) {
    uint64_t r = next_random(&c->random), *size = &c->tracked[r % TRACKED];
    struct block gone = {NULL, *size, round_number};
    int result;
    if (*size != 0)
        count_gone(&c->account, &gone);
    if (*size != 0 && (r >> 8) % 2 == 0) {
        result = heapline_untrack(c->domain, r % TRACKED);
        *size = 0;
    } else {
        *size = (r >> 16) % BIGGEST + 1;
        count_new(&c->account, *size);
        result = (r >> 40) % 2 ? heapline_track(c->domain, r % TRACKED, *size)
                               : heapline_track_typed(c->domain, r % TRACKED, *size,
                                                      (unsigned)heapline_register_type(
                                                          c->domain, (r >> 41) % 2 ? "a" : "b"));
    }
    if (!is_wild)
        expect("track", (uint64_t)result, 0);
}

/* What was cleared in between is neither freed nor kept. */
static void call_scope(struct caller *c) {
    uint64_t r = next_random(&c->random);
    struct heapline_scope **scope = &c->scope[r % SCOPES];
    struct heapline_scope_block kept[4];
    struct heapline_scope_result result;
    if (*scope == NULL) {
        *scope = heapline_scope_begin((r >> 8) % 2, NULL);
        return;
    }
    heapline_scope_kept(*scope, kept, 4);
    expect("end of a scope", (uint64_t)heapline_scope_end(*scope, &result), 0);
    *scope = NULL;
    if (is_wild)
        return;
    expect("bytes of a scope", result.freed.bytes + result.kept.bytes, result.allocated.bytes);
    expect("blocks of a scope", result.freed.count + result.kept.count, result.allocated.count);
}

/* Rows add up, whatever happens meanwhile. */
static void call_snapshot(struct caller *c) {
    const struct heapline_row *row;
    struct heapline_totals totals;
    struct heapline_snapshot *s = heapline_take_snapshot(next_random(&c->random) % 2, NULL);
    struct heapline_rows *rows = heapline_snapshot_statistics(s, HEAPLINE_BY_DOMAIN, 0, NULL);
    uint64_t by_rows = 0, by_domains = 0;
    if (s == NULL && is_wild)
        return;
    for (size_t i = 0, n = heapline_rows_get(rows, &row); i < n; i++)
        by_rows += row[i].size;
    for (unsigned i = 0; i <= CALLERS; i++) {
        heapline_snapshot_totals(s, i > 0 ? callers[i - 1].domain : 0, &totals);
        by_domains += totals.current.bytes;
    }
    heapline_rows_free(rows);
    heapline_snapshot_free(s);
    expect("rows of a snapshot", by_rows, by_domains);
}

static void call_write(struct caller *c) {
    struct heapline_error err;
    char path[64];
    snprintf(path, sizeof path, "hammered.%d.%u.snap", (int)getpid(), c->domain);
    if (heapline_write_snapshot(path, &err) != 0 && !(is_wild && err.code == HEAPLINE_BAD_STATE))
        fail(err.message, (uint64_t)err.code, 0);
    unlink(path);
}

/* Which may have gone by the time it is asked for. */
static const void *some_block(const struct worker *w) {
    return __atomic_load_n(&w->seen, __ATOMIC_RELAXED);
}

static void call_figures(struct caller *c) {
    struct heapline_totals totals;
    uint64_t current, peak;
    uintptr_t address[8];
    heapline_get_traced_memory(&current, &peak);
    if (current > MOST_LIVE || peak > MOST_LIVE)
        fail("more than there can be", current, peak);
    heapline_get_totals(c->domain, &totals);
    heapline_get_all_totals(&totals);
    heapline_get_tracer_memory();
    heapline_get_block_traceback(some_block(&workers[c->random % WORKERS]), address, 8, NULL);
    heapline_get_traceback(c->domain, c->random % TRACKED, address, 8, NULL);
}

static void call_pause(struct caller *c) {
    heapline_pause_thread();
    family.free(family.malloc(next_random(&c->random) % BIGGEST));
    heapline_resume_thread();
}

static void call_name(struct caller *c) {
    heapline_name_domain(c->domain, c->random % 2 ? "even" : "odd");
    heapline_set_label("round", c->random % 2 ? "even" : "odd", NULL);
}

static void call_reset_peak(struct caller *c) {
    (void)c;
    heapline_reset_peak();
}

static void call_start(struct caller *c) {
    heapline_start((int)(next_random(&c->random) % 100) + 1, NULL);
}

static void call_stop(struct caller *c) {
    heapline_stop();
    call_start(c);
}

static void call_clear(struct caller *c) {
    (void)c;
    heapline_clear_traces();
}

static void (*const table[])(struct caller *) = {
    call_track,
    call_track,
    call_track,
    call_scope,
    call_scope,
    call_figures,
    call_pause,
    call_name,
    call_write,
    call_reset_peak,
    call_start,
    call_snapshot,
    /* in wild rounds only */
    call_clear,
    call_stop,
};
enum { ALL = sizeof table / sizeof *table, CALM = ALL - 2 };

static void *caller_main(void *of) {
    struct caller *c = of;
    for (;;) {
        pthread_barrier_wait(&barrier);
        if (is_over)
            return NULL;
        for (; workers_at_work > 0; atomic_fetch_add(&calls, 1))
            table[next_random(&c->random) % (is_wild ? ALL : CALM)](c);
        for (int i = 0; i < SCOPES; i++)
            if (c->scope[i] != NULL)
                expect("last end of a scope", (uint64_t)heapline_scope_end(c->scope[i], NULL), 0);
        memset(c->scope, 0, sizeof c->scope);
        pthread_barrier_wait(&barrier);
    }
}

/* --- The account at the end of a calm round. --- */
static void add_account(struct account *sum, const struct account *a) {
    sum->current.bytes += a->current.bytes;
    sum->current.count += a->current.count;
    sum->total.bytes += a->total.bytes;
    sum->total.count += a->total.count;
}

static void check_totals(unsigned domain, const struct account *a) {
    struct heapline_totals t;
    expect("totals", (uint64_t)heapline_get_totals(domain, &t), 0);
    expect("current bytes", t.current.bytes, a->current.bytes);
    expect("current count", t.current.count, a->current.count);
    expect("total bytes", t.total.bytes, a->total.bytes);
    expect("total count", t.total.count, a->total.count);
    expect("frees", t.frees, a->total.count - a->current.count);
}

static int by_address(const void *a, const void *b) {
    uintptr_t x = (uintptr_t)((const struct block *)a)->at;
    uintptr_t y = (uintptr_t)((const struct block *)b)->at;
    return (x > y) - (x < y);
}

static size_t list_own(struct block *list) {
    size_t count = 0;
    for (int i = 0; i < WORKERS * BLOCKS + SHARED; i++) {
        const struct block *b = i < WORKERS * BLOCKS ? &workers[i / BLOCKS].block[i % BLOCKS]
                                                     : &shared[i - WORKERS * BLOCKS].block;
        if (b->at != NULL && b->round == round_number)
            list[count++] = *b;
    }
    qsort(list, count, sizeof *list, by_address);
    return count;
}

static size_t list_traced(const struct heapline_snapshot *s, struct block *list, size_t max) {
    const struct heapline_trace *t;
    size_t count = 0, n = heapline_snapshot_traces(s, &t);
    for (size_t i = 0; i < n; i++) {
        if (t[i].domain != HEAPLINE_DOMAIN_MALLOC || t[i].current.count == 0)
            continue;
        if (count == max)
            fail("too many blocks are listed", count, max);
        list[count++] = (struct block){(unsigned char *)t[i].block, t[i].current.bytes, 0};
    }
    qsort(list, count, sizeof *list, by_address);
    return count;
}

static void check_blocks(void) {
    static struct block own[WORKERS * BLOCKS + SHARED], traced[WORKERS * BLOCKS + SHARED];
    struct heapline_snapshot *s = heapline_take_snapshot(1, NULL);
    size_t count = list_own(own);
    expect("listed blocks", list_traced(s, traced, sizeof traced / sizeof *traced), count);
    for (size_t i = 0; i < count; i++) {
        expect("address of a block", (uintptr_t)traced[i].at, (uintptr_t)own[i].at);
        expect("size of a block", traced[i].size, own[i].size);
    }
    heapline_snapshot_free(s);
}

static void check_round(struct heapline_scope *scope) {
    struct account sum = {{0, 0}, {0, 0}}, all;
    struct heapline_scope_result r;
    for (int i = 0; i < WORKERS; i++)
        add_account(&sum, &workers[i].account);
    all = sum;
    check_totals(HEAPLINE_DOMAIN_MALLOC, &sum);
    for (int i = 0; i < CALLERS; i++) {
        check_totals(callers[i].domain, &callers[i].account);
        add_account(&all, &callers[i].account);
    }
    heapline_pause_thread(); /* qsort allocates */
    check_blocks();
    heapline_resume_thread();
    expect("end of the round's scope", (uint64_t)heapline_scope_end(scope, &r), 0);
    expect("bytes allocated in the round", r.allocated.bytes, all.total.bytes);
    expect("blocks allocated in the round", r.allocated.count, all.total.count);
    expect("bytes kept by the round", r.kept.bytes, all.current.bytes);
    expect("blocks kept by the round", r.kept.count, all.current.count);
    expect("blocks freed by the round", r.freed.count, all.total.count - all.current.count);
}

static void run_round(void) {
    struct heapline_scope *scope = NULL;
    round_number++;
    is_wild = round_number % 2 == 0;
    heapline_stop();
    expect("start", (uint64_t)heapline_start((int)round_number % 50 + 1, NULL), 0);
    for (int i = 0; i < WORKERS; i++)
        memset(&workers[i].account, 0, sizeof workers[i].account);
    for (int i = 0; i < CALLERS; i++) {
        memset(&callers[i].account, 0, sizeof callers[i].account);
        memset(callers[i].tracked, 0, sizeof callers[i].tracked);
    }
    if (!is_wild)
        scope = heapline_scope_begin(1, NULL);
    workers_at_work = WORKERS;
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    if (!is_wild)
        check_round(scope);
}

static void *tracers(const char *name) {
    void *library = dlopen("libheapline.so.0", RTLD_NOLOAD | RTLD_LAZY);
    void *found = library != NULL ? dlsym(library, name) : NULL;
    if (found == NULL)
        fail(name, 0, 1);
    dlclose(library);
    return found;
}

static void use_hooks(void) {
    *(void **)&family.malloc = tracers("malloc");
    *(void **)&family.calloc = tracers("calloc");
    *(void **)&family.realloc = tracers("realloc");
    *(void **)&family.aligned_alloc = tracers("aligned_alloc");
    *(void **)&family.free = tracers("free");
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void begin_threads(uint64_t seed) {
    pthread_barrier_init(&barrier, NULL, WORKERS + CALLERS + 1);
    for (int i = 0; i < SHARED; i++)
        pthread_mutex_init(&shared[i].lock, NULL);
    for (int i = 0; i < WORKERS; i++) {
        workers[i].random = seed * 1000 + (uint64_t)i + 1;
        pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]);
    }
    for (int i = 0; i < CALLERS; i++) {
        callers[i].random = seed * 1000 + (uint64_t)i + 501;
        callers[i].domain = (unsigned)(FIRST_DOMAIN + i);
        pthread_create(&callers[i].thread, NULL, caller_main, &callers[i]);
    }
}

int main(int argc, char **argv) {
    double end = now() + (argc > 1 ? atof(argv[1]) : 1);
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
    use_tracked = argc > 3 && strcmp(argv[3], "tracked") == 0;
    if (argc > 3 && strcmp(argv[3], "hooks") == 0)
        use_hooks();
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    printf("seed %llu\n", (unsigned long long)seed);
    begin_threads(seed);
    do {
        run_round();
        run_round();
    } while (now() < end);
    is_over = 1;
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(workers[i].thread, NULL);
    for (int i = 0; i < CALLERS; i++)
        pthread_join(callers[i].thread, NULL);
    printf("%u rounds, %lu calls\n", round_number, calls);
    return 0;
}

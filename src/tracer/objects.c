#include "tracer/objects.h"
#include "base/private_api.h"
#include "tracer/capture.h"
#include "tracer/count.h"
#include "tracer/names.h"
#include "tracer/record.h"
#include "tracer/scope.h"
#include "tracer/session.h"
#include "tracer/tree.h"

/* A trace is a site, and in the upper bits how often sites had begun anew when it was given. */
enum { ROUND_SHIFT = 24 };
_Static_assert(ARENA_SITE_MAX < 1 << ROUND_SHIFT, "a site fits a trace");

/* What there is of runtimes, traced or not. */
static int64_t runtimes, held_bytes;

static uint32_t trace_of(uint32_t site) {
    return site | tree_round() << ROUND_SHIFT;
}

/* The site, or 0 when it counts no more. */
static uint32_t site_of(uint32_t trace) {
    uint32_t site = trace & ARENA_SITE_MAX;
    return trace_of(site) == trace && tree_is_current(site) ? site : ARENA_SITE_NONE;
}

static unsigned type(const char *name) {
    return session_is_recording() ? names_type(HEAPLINE_DOMAIN_OBJECTS, name) : 0;
}

static uint32_t record(struct thread *t, uintptr_t object, size_t size, unsigned type,
                       const struct unwind_start *start) {
    uint32_t site = tree_site_in(capture_site(t, start), HEAPLINE_DOMAIN_OBJECTS, type, t);
    if (site == ARENA_SITE_NONE || !count_allocated(t, site, size)) {
        count_not_seen();
        return 0;
    }
    if (__builtin_expect(scope_is_any_open(), 0))
        scope_allocated(t, HEAPLINE_DOMAIN_OBJECTS, object, size);
    return trace_of(site);
}

static uint32_t begin_and_record(uintptr_t object, size_t size, unsigned type,
                                 const struct unwind_start *start) {
    struct guard guard;
    struct thread *t = thread_enter(&guard);
    uint32_t trace;
    if (t == NULL) {
        t = thread_peek();
        if (t == NULL || t->paused == 0)
            count_not_seen();
        return 0;
    }
    trace = record(t, object, size, type, start);
    count_end(t);
    return trace;
}

RECORD_WHOLE static uint32_t born(uintptr_t object, size_t size, unsigned type) {
    uint32_t trace;
    if (!session_is_recording())
        return 0;
    trace = begin_and_record(object, size, type, UNWIND_START_HERE());
    unwind_start_end();
    return trace;
}

/* Begins an event of an object that counts. NULL, with the site, inside of another one; without a
 * site there is nothing to do. */
static struct thread *begin(uint32_t trace, uint32_t *site, struct guard *guard) {
    *site = session_is_recording() ? site_of(trace) : ARENA_SITE_NONE;
    return *site != ARENA_SITE_NONE ? thread_enter_anyway(guard) : NULL;
}

static void died_outside(uint32_t site, size_t size) {
    struct thread *t = thread_peek();
    if (t == NULL || thread_defer(t, site, size, 1) != 0)
        store_count(&store.header->missed_frees);
}

RECORD_WHOLE static void died(uint32_t trace, uintptr_t object, size_t size) {
    struct guard guard;
    uint32_t site;
    struct thread *t = begin(trace, &site, &guard);
    if (t == NULL) {
        if (site != ARENA_SITE_NONE)
            died_outside(site, size);
        return;
    }
    count_freed(t, site, size, 0);
    if (__builtin_expect(scope_is_any_open(), 0))
        scope_freed(HEAPLINE_DOMAIN_OBJECTS, object);
    count_end(t);
}

static void resized(uint32_t trace, int64_t bytes) {
    struct guard guard;
    uint32_t site;
    struct thread *t = begin(trace, &site, &guard);
    if (t != NULL) {
        count_resized(t, site, bytes);
        count_end(t);
    } else if (site != ARENA_SITE_NONE) {
        count_not_seen();
    }
}

static int traceback(uint32_t trace, uintptr_t *address, int max, int *total_nframe) {
    uint32_t site = session_is_recording() ? site_of(trace) : ARENA_SITE_NONE;
    return tree_list_frames(site, address, max, total_nframe);
}

static void add(uint64_t *to, uint64_t value) {
    __atomic_fetch_add(to, value, __ATOMIC_RELAXED);
}

static void raise_to(uint64_t *to, uint64_t value) {
    uint64_t old = __atomic_load_n(to, __ATOMIC_RELAXED);
    while (old < value &&
           !__atomic_compare_exchange_n(to, &old, value, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        continue;
}

static void collected(const struct private_collection *what) {
    if (!session_is_recording())
        return;
    struct arena_collections *c = &store.header->gc.generation[what->generation];
    add(&c->collections, 1);
    add(&c->collected, what->collected);
    add(&c->uncollectable, what->uncollectable);
    add(&c->examined, what->examined);
    add(&c->nanoseconds, what->nanoseconds);
    raise_to(&c->longest, what->nanoseconds);
}

static void copy(uint64_t *to, const int64_t *from) {
    __atomic_store_n(to, (uint64_t)__atomic_load_n(from, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
}

static void publish(void) {
    copy(&store.header->gc.runtimes, &runtimes);
    copy(&store.header->gc.held_bytes, &held_bytes);
}

static void change_runtimes(int difference) {
    __atomic_fetch_add(&runtimes, difference, __ATOMIC_RELAXED);
    if (session_is_recording())
        publish();
}

static void change_held(int64_t bytes) {
    __atomic_fetch_add(&held_bytes, bytes, __ATOMIC_RELAXED);
    if (session_is_recording())
        publish();
}

void objects_restart(void) {
    store.header->gc = (struct arena_gc){.runtimes = 0};
    publish();
}

const struct private_objects *heapline_private_objects(void) {
    static const struct private_objects calls = {
        .type = type,
        .born = born,
        .died = died,
        .resized = resized,
        .traceback = traceback,
        .collected = collected,
        .runtimes = change_runtimes,
        .holds = change_held,
    };
    return &calls;
}

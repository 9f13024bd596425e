#include "gc/check.h"
#include "gc/debug.h"
#include "gc/publish.h"
#include "gc/run.h"
#include "gc/slices.h"
#include "gc/spare.h"
#include "gc/stress.h"
#include "gc/user_code.h"

/* Nanoseconds, at least, between automatic collections that give memory back. */
#define TRIM_INTERVAL UINT64_C(1000000000)

static int is_automatic(const struct hgc_runtime *rt) {
    return rt->enabled && rt->threshold[0] && !rt->run;
}

static int64_t next_due(const struct hgc_runtime *rt) {
    const struct slices *s = rt->slices;
    return s && s->next < rt->threshold[0] ? s->next : rt->threshold[0];
}

void collect_set_trigger(struct hgc_runtime *rt) {
    rt->trigger = rt->stress ? INT64_MIN : is_automatic(rt) ? next_due(rt) : INT64_MAX;
}

/* The oldest generation whose count is beyond its threshold. A full collection waits until a
 * quarter of the old objects' number has come new, or its cost would be quadratic. */
static int due_generation(const struct hgc_runtime *rt) {
    if (rt->stress & STRESS_COLLECT && !rt->run && !rt->slices)
        return OLDEST;
    if (!is_automatic(rt) || rt->count[0] <= rt->threshold[0])
        return -1;
    for (int g = OLDEST; g >= 0; g--) {
        if (rt->count[g] <= rt->threshold[g])
            continue;
        if (g == OLDEST && (rt->slices || rt->long_lived_pending < rt->long_lived_total / 4))
            continue;
        return g;
    }
    return -1;
}

static int is_slice_due(const struct hgc_runtime *rt) {
    return rt->slices && !rt->run &&
           (rt->stress & STRESS_COLLECT || (is_automatic(rt) && rt->count[0] > rt->slices->next));
}

/* What no list leads to is found by a pass over the whole heap, which is always in one piece. */
static int may_be_sliced(const struct hgc_runtime *rt) {
    return rt->pause && !rt->whole_pass_due && rt->threshold[0] > 0;
}

/* Empty slabs can be used for anything once no list names their slots. */
static void trim(struct hgc_runtime *rt) {
    struct slab_cursor c = {0};
    rt->trimmed_at = debug_now();
    if (!rt->noted[0].count && !rt->noted[1].count && !rt->noted[2].count)
        while (slab_trim(&rt->slabs, &c, 0))
            ;
}

/* A heap that shrinks and grows all the time keeps its memory. */
static void trim_now_and_then(struct hgc_runtime *rt) {
    if (debug_now() - rt->trimmed_at >= TRIM_INTERVAL)
        trim(rt);
}

/* Below a threshold of 0 no allocation is left for slices. */
static void collect_now(struct hgc_runtime *rt, int generation) {
    if (generation == OLDEST && may_be_sliced(rt) && slices_begin(rt) == 0)
        return;
    if (rt->threshold[0] < 0)
        slices_give_up(rt, 1);
    collect_generation(rt, generation, 1);
    if (generation == OLDEST)
        trim_now_and_then(rt);
}

void collect_if_due(struct hgc_runtime *rt) {
    int g = due_generation(rt);
    if (g < 0 && !is_slice_due(rt))
        return;
    struct heapline_error *error = rt->error, unseen = {0};
    rt->error = &unseen; /* nobody asked for this collection */
    if (g < 0)
        slices_go_on(rt);
    else
        collect_now(rt, g);
    rt->error = error;
}

static void call_callbacks(struct hgc_runtime *rt, int stop, const struct hgc_info *info) {
    for (size_t i = 0; i < rt->callback_count; i++) {
        struct callback c = rt->callbacks[i];
        struct user_code u;
        user_code_begin(rt, &u);
        user_code_end(rt, &u, c.fn(rt, stop, info, c.arg), NULL);
    }
}

static void count_run(struct hgc_runtime *rt, int generation) {
    if (generation < OLDEST)
        rt->count[generation + 1]++;
    for (int i = 0; i <= generation; i++)
        rt->count[i] = 0;
}

/* What the 25 % rule goes by. */
static void count_survivors(struct hgc_runtime *rt, const struct run *r, int64_t young) {
    if (r->generation == 1)
        rt->long_lived_pending += young - (int64_t)r->trash.count;
    if (r->generation == OLDEST) {
        rt->long_lived_pending = 0;
        rt->long_lived_total =
            rt->tracked[0] + rt->tracked[1] + rt->tracked[2] - (int64_t)r->trash.count;
    }
}

static int find_trash(struct hgc_runtime *rt, struct run *r) {
    stress_before(rt, r);
    int64_t young = rt->tracked[0] + rt->tracked[1];
    if (r->generation == OLDEST ? trace_old(rt, r) : trace_list(rt, r))
        return gc_fail_memory(rt);
    count_survivors(rt, r, young);
    stress_after_trace(rt, r);
    return 0;
}

void collect_announce(struct hgc_runtime *rt, int generation, int callbacks) {
    if (callbacks)
        call_callbacks(rt, 0, &(struct hgc_info){generation, 0, 0});
    spare_flush(rt);
    if (rt->debug & HGC_DEBUG_STATS)
        debug_start(rt, generation);
    count_run(rt, generation);
}

void collect_report(struct hgc_runtime *rt, const struct run *r, uint64_t nanoseconds) {
    if (rt->debug & HGC_DEBUG_STATS)
        debug_done(r->collected + r->uncollected, r->uncollected, nanoseconds);
    publish_collection(rt, &(struct private_collection){
                               .generation = (unsigned)r->generation,
                               .nanoseconds = nanoseconds,
                               .examined = r->examined,
                               .collected = (uint64_t)r->collected,
                               .uncollectable = (uint64_t)r->uncollected,
                           });
}

static int64_t run_steps(struct hgc_runtime *rt, struct run *r) {
    uint64_t start = rt->debug & HGC_DEBUG_STATS || rt->publisher ? debug_now() : 0;
    if (find_trash(rt, r))
        return -1;
    if (r->trash.count)
        trash_dispose(rt, r);
    collect_report(rt, r, start ? debug_now() - start : 0);
    return r->collected + r->uncollected;
}

void collect_conclude(struct hgc_runtime *rt, const struct run *r, int callbacks) {
    struct hgc_stats *stats = &rt->stats[r->generation];
    stats->collections++;
    stats->collected += (uint64_t)r->collected;
    stats->uncollectable += (uint64_t)r->uncollected;
    if (callbacks)
        call_callbacks(rt, 1, &(struct hgc_info){r->generation, r->collected, r->uncollected});
}

void collect_begin(struct hgc_runtime *rt, int generation) {
    struct run *r = rt->run = rt->idle_run;
    r->generation = generation;
    r->user_code = r->cares = r->unlisted = 0;
    r->collected = r->uncollected = 0;
    r->examined = 0;
    collect_set_trigger(rt);
}

void collect_end(struct hgc_runtime *rt) {
    struct run *r = rt->run;
    vector_clear(&r->members);
    vector_clear(&r->others);
    vector_clear(&r->trash);
    vector_clear(&r->ordered);
    vector_clear(&r->uncollectable);
    vector_clear(&r->stack);
    rt->run = NULL;
    if (rt->slices)
        rt->slices->next = rt->count[0] + (rt->threshold[0] > SLICES_GAP ? SLICES_GAP : 0);
    collect_set_trigger(rt);
}

int64_t collect_generation(struct hgc_runtime *rt, int generation, int callbacks) {
    if (generation == OLDEST)
        slices_give_up(rt, callbacks);
    collect_begin(rt, generation);
    collect_announce(rt, generation, callbacks);
    int64_t result = run_steps(rt, rt->run);
    collect_conclude(rt, rt->run, callbacks);
    collect_end(rt);
    stress_after_run(rt);
    return result;
}

int64_t hgc_collect(struct hgc_runtime *rt, int generation) {
    check_owner(rt);
    if (generation < 0 || generation > OLDEST)
        return gc_fail(rt, HEAPLINE_BAD_ARGUMENT, NULL, "invalid generation");
    if (rt->run)
        return 0;
    int64_t result = collect_generation(rt, generation, 1);
    if (generation == OLDEST)
        trim(rt);
    return result;
}

int hgc_is_collecting(const struct hgc_runtime *rt) {
    return rt->run ? 1 + rt->run->generation : rt->slices ? 1 + OLDEST : 0;
}

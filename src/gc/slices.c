/* Full runs in slices: their beginning and end, and what happens to the garbage. See slices.h. */
#include "gc/slices.h"
#include "gc/children.h"
#include "gc/debug.h"
#include "gc/pages.h"
#include "gc/run.h"
#include "gc/spare.h"
#include "gc/stress.h"

/* PIECE: how large a piece is to be, at least. PACE: objects and references looked at for each
 * allocation, so that the program does not run away. */
enum { PIECE = 256, PACE = 32 };

/* --- dispose --- */

struct growth {
    struct slices *s;
    struct run *r;
};

/* A member becomes part of the piece, and is an object of the run as any other. */
static int take(struct growth *g, struct hgc_object *o) {
    if (vector_push(&g->r->trash, o))
        return -1;
    slices_move(g->s->rt, o, OLDEST);
    o->flags |= FLAG_IN_RUN;
    return 0;
}

static int take_child(struct hgc_object *child, void *arg) {
    struct growth *g = arg;
    g->s->work++;
    if (slices_has(child) && take(g, child))
        return -1;
    if (child->flags & FLAG_IN_RUN)
        scratch_count(&g->r->scratch, child);
    return 0;
}

/* Also what it reaches, and the counts of the references among all these. */
static int take_all(struct growth *g, struct hgc_object *seed) {
    size_t i = g->r->trash.count;
    int failed = take(g, seed);
    for (; !failed && i < g->r->trash.count; i++) {
        struct hgc_object *o = g->r->trash.items[i];
        failed = children_visit(o, type_of(o), take_child, g);
    }
    return failed;
}

/* Suspects have been in a piece before, or live. */
static int take_piece(struct slices *s, struct run *r) {
    struct growth g = {s, r};
    uint64_t end = s->work + 8 * s->piece;
    while (s->at < s->members.count && r->trash.count < s->piece && s->work++ < end) {
        struct hgc_object *o = s->members.items[s->at++];
        if (slices_has(o) && !object_is_suspect(o) && take_all(&g, o))
            return -1;
    }
    return r->scratch.failed ? -1 : 0;
}

static size_t least_piece(const struct hgc_runtime *rt) {
    return rt->stress & STRESS_SLICES ? 1 : PIECE;
}

/* Much that does not go is what many refer to: larger pieces, lest each of them looks at it. */
static void adapt(struct slices *s, size_t taken, size_t trash) {
    if (trash < taken / 2)
        s->piece *= 4;
    else if (s->piece > least_piece(s->rt))
        s->piece /= 2;
}

/* Leaves in r->trash what nothing else refers to. The others, which may be trash whose turn has not
 * come, are members again, for pieces that reach them. */
static int sift(struct slices *s, struct run *r) {
    int failed = take_piece(s, r) || trace_mark(s->rt, r, &r->trash);
    trace_forget(r, &r->trash);
    size_t kept = 0;
    for (size_t i = 0; i < r->trash.count; i++) {
        struct hgc_object *o = r->trash.items[i];
        if (!failed && o->flags & FLAG_IN_RUN) {
            r->trash.items[kept++] = o;
            run_note(r, o, type_of(o));
            continue;
        }
        o->flags &= (uint8_t)~FLAG_IN_RUN;
        object_suspect(o);
        slices_move(s->rt, o, SLICED);
    }
    adapt(s, r->trash.count, kept);
    r->trash.count = kept;
    return failed;
}

/* Each piece goes the way of a whole collection's trash. It is not counted against what the program
 * makes between the slices, or young runs would have to wait. */
int slices_dispose(struct hgc_runtime *rt, struct slices *s) {
    int64_t count = rt->count[0];
    collect_begin(rt, OLDEST);
    struct run *r = rt->run;
    int failed = sift(s, r), done = s->at == s->members.count;
    if (r->trash.count) {
        stress_piece(rt, r);
        trash_dispose(rt, r);
    }
    s->collected += r->collected;
    s->uncollected += r->uncollected;
    if (rt->count[0] < count)
        rt->count[0] = count;
    collect_end(rt);
    return failed ? -1 : done;
}

/* --- the run --- */

/* With room for all of them. As in an atomic run, those of generation 1 that are no suspects just
 * grow older. */
static void take_young(struct hgc_runtime *rt, struct slices *s, int g) {
    for (size_t i = 0; i < rt->noted[g].count; i++) {
        struct hgc_object *o = rt->noted[g].items[i];
        int is_current = object_is_of(o, g);
        o->flags &= (uint8_t)~flag_noted(g);
        if (!is_current)
            continue;
        if (g == 0 || object_is_suspect(o))
            (void)slices_join(s, o);
        else
            slices_move(rt, o, OLDEST);
        object_trust(o);
    }
    vector_clear(&rt->noted[g]);
}

/* For all that there is if possible: pages cost nothing before they are touched, and a large array
 * that grows takes its time. At least for the young. */
static int make_room(const struct hgc_runtime *rt, struct slices *s) {
    size_t young = rt->noted[0].count + rt->noted[1].count;
    int64_t all = rt->tracked[0] + rt->tracked[1] + rt->tracked[OLDEST];
    return vector_reserve(&s->members, (size_t)all + young + 1) &&
           vector_reserve(&s->members, young + 1);
}

static void take_over(struct hgc_runtime *rt, struct slices *s) {
    if (make_room(rt, s)) {
        s->phase = SLICES_DONE;
        return;
    }
    s->listed = rt->noted[OLDEST];
    rt->noted[OLDEST] = (struct vector){0};
    (void)vector_reserve(&rt->noted[OLDEST], s->listed.count + 1);
    take_young(rt, s, 1);
    take_young(rt, s, 0);
    rt->long_lived_pending = 0;
}

static void discard(struct slices *s) {
    vector_fini(&s->listed);
    vector_fini(&s->members);
    vector_fini(&s->stack);
    scratch_fini(&s->scratch);
    pages_free(s, sizeof *s);
}

/* Maybe within a young run, whose user code has given this one up. */
static void finish(struct hgc_runtime *rt, int callbacks) {
    struct slices *s = rt->slices;
    struct run *outer = rt->run, r = {.generation = OLDEST,
                                      .collected = s->collected,
                                      .uncollected = s->uncollected,
                                      .examined = s->examined};
    uint64_t time = s->nanoseconds;
    discard(s);
    rt->slices = NULL;
    spare_flush(rt);
    rt->long_lived_total = rt->tracked[0] + rt->tracked[1] + rt->tracked[2];
    rt->run = &r;
    collect_report(rt, &r, time);
    collect_conclude(rt, &r, callbacks);
    rt->run = outer;
    collect_set_trigger(rt);
}

int slices_begin(struct hgc_runtime *rt) {
    struct slices *s = pages_alloc(sizeof *s);
    if (!s)
        return -1;
    s->rt = rt;
    s->piece = least_piece(rt);
    collect_begin(rt, OLDEST);
    collect_announce(rt, OLDEST, 1);
    take_over(rt, s);
    rt->slices = s;
    collect_end(rt);
    if (s->phase == SLICES_DONE)
        finish(rt, 1);
    stress_after_run(rt);
    return 0;
}

static void step(struct hgc_runtime *rt, struct slices *s) {
    static slices_step_fn *const steps[] = {slices_gather,  slices_count,   slices_mark,
                                            slices_wipe,    slices_dispose, slices_retire,
                                            slices_release, slices_trim};
    enum slices_phase phase = s->phase;
    int result = steps[phase](rt, s);
    if (result < 0)
        slices_put_back(rt, s);
    else if (result && s->phase == phase) {
        s->phase++;
        s->at = 0;
    }
}

static int is_over(const struct hgc_runtime *rt, const struct slices *s, uint64_t spent) {
    return s->phase == SLICES_DONE ||
           (rt->pause && (rt->stress & STRESS_SLICES || spent >= rt->pause * UINT64_C(1000)));
}

void slices_go_on(struct hgc_runtime *rt) {
    struct slices *s = rt->slices;
    uint64_t start = debug_now(), spent;
    s->work = 0;
    s->running = 1;
    do {
        step(rt, s);
        spent = debug_now() - start;
    } while (!is_over(rt, s, spent));
    s->running = 0;
    s->nanoseconds += spent;
    s->next = rt->count[0] + SLICES_GAP + (int64_t)(s->work / PACE);
    if (s->phase == SLICES_DONE)
        finish(rt, 1);
    else
        collect_set_trigger(rt);
    stress_after_run(rt);
}

void slices_give_up(struct hgc_runtime *rt, int callbacks) {
    struct slices *s = rt->slices;
    if (!s)
        return;
    slices_put_back(rt, s);
    if (!s->running)
        finish(rt, callbacks);
}

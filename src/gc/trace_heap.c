/* Full runs: by following what may have become garbage, or over the whole heap.
 *
 * The whole heap goes by addresses: the references between objects are counted in the scratch
 * without touching the objects they lead to, then everything is marked that has others, and what it
 * reaches. What is left unmarked is trash. */
#include "gc/children.h"
#include "gc/run.h"

enum { RING = 16 };

struct heap_pass {
    struct hgc_runtime *rt;
    struct run *r;
    uint64_t reached;
    int failed;
};

static inline __attribute__((always_inline)) void
each_object(struct heap_pass *p, void (*fn)(struct heap_pass *p, struct hgc_object *o)) {
    struct slab_cursor c = {0};
    struct slab *slab;
    while ((slab = slab_next(&p->rt->slabs, RESERVE_CYCLIC, &c)) && !p->failed) {
        char *at = slab_slots(slab);
        for (uint32_t i = 0; i < slab->fresh; i++, at += slab->slot_size) {
            struct hgc_object *o = (struct hgc_object *)at;
            if (o->flags & FLAG_TRACKED && o->generation <= OLDEST)
                fn(p, o);
        }
    }
}

static int count_child(struct hgc_object *child, void *arg) {
    struct run *r = arg;
    if (reserve_is_cyclic(child))
        scratch_count(&r->scratch, child);
    return 0;
}

static void count_children(struct heap_pass *p, struct hgc_object *o) {
    children_visit(o, p->rt->types[o->type], count_child, p->r);
}

static int reach(struct hgc_object *child, void *arg) {
    struct heap_pass *p = arg;
    if (!reserve_is_cyclic(child))
        return 0;
    uint8_t *byte = scratch_of(child);
    if (*byte == SCRATCH_REACHED)
        return 0;
    *byte = SCRATCH_REACHED;
    return vector_push(&p->r->stack, child);
}

/* What is reached waits a little in a ring, until its memory has arrived. */
static void drain(struct heap_pass *p) {
    struct vector *stack = &p->r->stack;
    struct hgc_object *ring[RING];
    unsigned first = 0, waiting = 0;
    while (stack->count || waiting) {
        if (stack->count && waiting < RING) {
            struct hgc_object *next = stack->items[--stack->count];
            __builtin_prefetch(next);
            ring[(first + waiting++) % RING] = next;
            continue;
        }
        struct hgc_object *o = ring[first++ % RING];
        waiting--;
        if (!(o->flags & FLAG_TRACKED) || o->generation == FROZEN)
            continue;
        p->reached++;
        if (children_visit(o, p->rt->types[o->type], reach, p))
            p->failed = 1;
    }
}

static void mark_root(struct heap_pass *p, struct hgc_object *o) {
    if (o->flags & FLAG_SUSPECT)
        o->flags &= (uint8_t)~FLAG_SUSPECT;
    if (*scratch_of(o) == SCRATCH_REACHED || o->refcount <= scratch_get(&p->r->scratch, o))
        return;
    if (reach(o, p))
        p->failed = 1;
    drain(p);
}

static void take_unreached(struct heap_pass *p, struct hgc_object *o) {
    if (*scratch_of(o) != SCRATCH_REACHED && vector_push(&p->r->trash, o))
        p->failed = 1;
}

static uint64_t population(const struct hgc_runtime *rt) {
    return (uint64_t)(rt->tracked[0] + rt->tracked[1] + rt->tracked[2]);
}

static int find_unreached(struct heap_pass *p) {
    each_object(p, count_children);
    p->failed |= p->r->scratch.failed;
    each_object(p, mark_root);
    if (!p->failed && p->reached < population(p->rt))
        each_object(p, take_unreached);
    slab_clear_scratch(&p->rt->slabs);
    scratch_fini(&p->r->scratch);
    vector_clear(&p->r->stack);
    return p->failed ? -1 : 0;
}

static int whole_heap(struct hgc_runtime *rt, struct run *r) {
    struct heap_pass p = {.rt = rt, .r = r};
    for (size_t i = 0; i < r->members.count; i++)
        ((struct hgc_object *)r->members.items[i])->flags &= (uint8_t)~FLAG_IN_RUN;
    if (find_unreached(&p)) {
        vector_clear(&r->trash);
        trace_give_up(rt, r);
        rt->whole_pass_due = 1;
        return -1;
    }
    for (size_t i = 0; i < r->trash.count; i++)
        ((struct hgc_object *)r->trash.items[i])->flags |= FLAG_IN_RUN;
    for (size_t i = 0; i < r->members.count; i++) {
        struct hgc_object *o = r->members.items[i];
        if (!(o->flags & FLAG_IN_RUN))
            trace_promote(rt, r, o);
    }
    trace_promote_others(rt, r);
    r->examined = population(rt);
    rt->whole_pass_due = 0;
    return 0;
}

/* Following costs more for each object, so it is worth it for a part of the heap only. */
int trace_old(struct hgc_runtime *rt, struct run *r) {
    size_t limit = population(rt) / 2 + 64;
    if (rt->whole_pass_due || r->members.count > limit)
        return whole_heap(rt, r);
    size_t noted = r->members.count;
    int over = trace_count(r, &r->members, limit);
    if (!over)
        return trace_finish(rt, r);
    trace_forget(r, &r->members);
    for (size_t i = noted; i < r->members.count; i++)
        ((struct hgc_object *)r->members.items[i])->flags &= (uint8_t)~FLAG_IN_RUN;
    r->members.count = noted;
    return whole_heap(rt, r);
}

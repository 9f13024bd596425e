/* Full runs: by following what may have become garbage, or over the whole heap.
 *
 * The whole heap goes by addresses: the references between objects are counted in the scratch
 * without touching the objects they lead to, then everything is marked that has others, and what it
 * reaches. What is left unmarked is trash.
 *
 * Marking is one pass by addresses, too: what it reaches ahead of itself is marked and looked at
 * when the pass comes there; only what lies behind it goes through the stack. */
#include "gc/children.h"
#include "gc/run.h"

enum { RING = 16 };

struct heap_pass {
    struct hgc_runtime *rt;
    struct run *r;
    const struct hgc_object *at; /* where the marking pass is */
    uint64_t reached;
    int failed;
};

/* Every slot, in the order of addresses. */
static inline __attribute__((always_inline)) void
each_slot(struct heap_pass *p, void (*fn)(struct heap_pass *p, struct hgc_object *o)) {
    struct slab_cursor c = {0};
    struct slab *slab;
    while ((slab = slab_next(&p->rt->slabs, RESERVE_CYCLIC, &c)) && !p->failed) {
        char *at = slab_slots(slab);
        for (uint32_t i = 0; i < slab->fresh; i++, at += slab->slot_size)
            fn(p, (struct hgc_object *)at);
    }
}

static inline int takes_part(const struct hgc_object *o) {
    return o->flags & FLAG_TRACKED && o->generation <= OLDEST;
}

static int count_child(struct hgc_object *child, void *arg) {
    struct run *r = arg;
    if (reserve_is_cyclic(child))
        scratch_count(&r->scratch, child);
    return 0;
}

static void count_children(struct heap_pass *p, struct hgc_object *o) {
    if (takes_part(o))
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
    return child > p->at ? 0 : vector_push(&p->r->stack, child);
}

/* o has been marked. */
static inline void scan(struct heap_pass *p, struct hgc_object *o) {
    p->reached++;
    if (children_visit(o, p->rt->types[o->type], reach, p))
        p->failed = 1;
}

/* What lies behind waits a little in a ring, until its memory has arrived. */
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
        if (takes_part(o))
            scan(p, o);
    }
}

/* Also makes a slot's place on the list of suspects, if any, one that it does not know of. */
static void mark(struct heap_pass *p, struct hgc_object *o) {
    if (o->flags & (FLAG_SUSPECT | flag_noted(OLDEST)))
        o->flags &= (uint8_t) ~(FLAG_SUSPECT | flag_noted(OLDEST));
    if (!takes_part(o))
        return;
    uint8_t *byte = scratch_of(o);
    if (*byte != SCRATCH_REACHED && o->refcount <= scratch_get(&p->r->scratch, o))
        return;
    *byte = SCRATCH_REACHED;
    p->at = o;
    scan(p, o);
    if (p->r->stack.count)
        drain(p);
}

static void take_unreached(struct heap_pass *p, struct hgc_object *o) {
    if (takes_part(o) && *scratch_of(o) != SCRATCH_REACHED && vector_push(&p->r->trash, o))
        p->failed = 1;
}

static uint64_t population(const struct hgc_runtime *rt) {
    return (uint64_t)(rt->tracked[0] + rt->tracked[1] + rt->tracked[2]);
}

static int find_unreached(struct heap_pass *p) {
    each_slot(p, count_children);
    p->failed |= p->r->scratch.failed;
    each_slot(p, mark);
    if (!p->failed && p->reached < population(p->rt))
        each_slot(p, take_unreached);
    slab_clear_scratch(&p->rt->slabs);
    scratch_fini(&p->r->scratch);
    vector_clear(&p->r->stack);
    return p->failed ? -1 : 0;
}

/* The pass has looked at everything; without memory, the list holds what it did before. */
static void settle_suspects(struct hgc_runtime *rt, int done) {
    struct vector *list = &rt->noted[OLDEST];
    for (size_t i = 0; !done && i < list->count; i++)
        ((struct hgc_object *)list->items[i])->flags |= flag_noted(OLDEST);
    if (done)
        vector_clear(list);
    rt->whole_pass_due = !done;
}

static int whole_heap(struct hgc_runtime *rt, struct run *r) {
    struct heap_pass p = {.rt = rt, .r = r};
    for (size_t i = 0; i < r->members.count; i++)
        ((struct hgc_object *)r->members.items[i])->flags &= (uint8_t)~FLAG_IN_RUN;
    int failed = find_unreached(&p);
    settle_suspects(rt, !failed);
    if (failed) {
        vector_clear(&r->trash);
        trace_give_up(rt, r);
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
    return 0;
}

/* Following costs more for each object, so it is worth it for a part of the heap only. A whole pass
 * does not need the list of suspects. */
int trace_old(struct hgc_runtime *rt, struct run *r) {
    size_t limit = population(rt) / 2 + 64;
    int whole = rt->whole_pass_due || rt->noted[OLDEST].count > limit;
    if (trace_gather(rt, r, whole ? OLDEST - 1 : OLDEST))
        return -1;
    if (whole || r->members.count > limit)
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

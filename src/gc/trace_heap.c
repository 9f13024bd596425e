/* Full runs: by following what may have become garbage, or over the whole heap.
 *
 * The whole heap goes by addresses: the references between objects are counted in the scratch
 * without touching the objects they lead to, then everything is marked that has others, and what it
 * reaches. What is left unmarked is trash, and found by its mark alone.
 *
 * Marking is one pass by addresses, too: what it reaches ahead of itself is marked and looked at
 * when the pass comes there; only what lies behind it goes through the stack. What the pass leaves
 * behind unmarked has IN_RUN, until it is reached after all. */
#include "gc/children.h"
#include "gc/run.h"

enum { RING = 16 };

#define INLINE static inline __attribute__((always_inline))

/* The passes keep it in a variable whose address nobody else learns, since the bytes that they
 * write could otherwise be parts of it. */
struct heap_pass {
    struct run *r;
    struct hgc_type *const *types;
    struct reserve reserve;
    const struct hgc_object *at; /* where the marking pass is */
    uint64_t reached;
    struct vector trash;
    int64_t promoted[OLDEST];
    int failed;
};

/* Every slot, in the order of addresses. */
INLINE struct heap_pass each_slot(struct hgc_runtime *rt, struct run *r,
                                  void (*fn)(struct heap_pass *p, struct hgc_object *o)) {
    struct heap_pass p = {.r = r, .types = rt->types, .reserve = gc_reserve, .trash = r->trash};
    struct slab_cursor c = {0};
    struct slab *slab;
    while (!p.failed && (slab = slab_next(&rt->slabs, RESERVE_CYCLIC, &c))) {
        char *at = slab_slots(slab), *end = at + (size_t)slab->fresh * slab->slot_size;
        if (slab->size_class == SLAB_CLASSES)
            fn(&p, (struct hgc_object *)at);
        else
            for (uint32_t size = slab->slot_size; at < end; at += size) {
                run_prefetch(at);
                fn(&p, (struct hgc_object *)at);
            }
    }
    return p;
}

INLINE int takes_part(const struct hgc_object *o) {
    return o->flags & FLAG_TRACKED && o->generation <= OLDEST;
}

INLINE uint8_t *byte_of(const struct heap_pass *p, const struct hgc_object *o) {
    return scratch_at(p->reserve.scratch, o);
}

/* A bit of its own, so that those of a large heap still fit into a cache. */
INLINE uint8_t mark_bit(const struct hgc_object *o) {
    return (uint8_t)(1U << ((uintptr_t)o >> RESERVE_GRANULE_SHIFT) % 8);
}

INLINE uint8_t *mark_of(const struct heap_pass *p, const struct hgc_object *o) {
    return (uint8_t *)(p->reserve.marks + ((uintptr_t)o >> RESERVE_MARK_SHIFT));
}

INLINE int is_marked(const struct heap_pass *p, const struct hgc_object *o) {
    return *mark_of(p, o) & mark_bit(o);
}

INLINE int is_cyclic(const struct heap_pass *p, const struct hgc_object *o) {
    return (uintptr_t)o - p->reserve.base < p->reserve.half;
}

static __attribute__((noinline)) int visit_custom(struct heap_pass p, struct hgc_object *o,
                                                  const struct hgc_type *t, hgc_visit_fn *fn) {
    return children_visit(o, t, fn, &p);
}

INLINE void visit(struct heap_pass *p, struct hgc_object *o, hgc_visit_fn *fn) {
    const struct hgc_type *t = p->types[o->type];
    if (unlikely(t->kind == KIND_CUSTOM))
        p->failed |= visit_custom(*p, o, t, fn);
    else
        p->failed |= children_visit(o, t, fn, p);
}

INLINE int count_child(struct hgc_object *child, void *arg) {
    const struct heap_pass *p = arg;
    if (!is_cyclic(p, child))
        return 0;
    uint8_t *byte = byte_of(p, child);
    if (likely(*byte < SCRATCH_FULL))
        ++*byte;
    else
        scratch_count_more(&p->r->scratch, child);
    return 0;
}

INLINE void count_children(struct heap_pass *p, struct hgc_object *o) {
    if (takes_part(o))
        visit(p, o, count_child);
}

INLINE int reach(struct hgc_object *child, void *arg) {
    const struct heap_pass *p = arg;
    if (!is_cyclic(p, child) || is_marked(p, child))
        return 0;
    *mark_of(p, child) |= mark_bit(child);
    return child > p->at ? 0 : vector_push(&p->r->stack, child);
}

/* o has been marked: it lives on, and is old from now on. */
INLINE void scan(struct heap_pass *p, struct hgc_object *o) {
    p->reached++;
    if (o->generation < OLDEST) {
        p->promoted[o->generation]++;
        o->generation = OLDEST;
    }
    visit(p, o, reach);
}

/* What lies behind waits a little in a ring, until its memory has arrived. */
static __attribute__((noinline)) struct heap_pass drain(struct heap_pass p) {
    struct vector *stack = &p.r->stack;
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
        if (!takes_part(o))
            continue;
        o->flags &= (uint8_t)~FLAG_IN_RUN;
        scan(&p, o);
    }
    return p;
}

/* Also makes the slot forget the lists that it is on. What takes no part is no trash either. */
INLINE void mark(struct heap_pass *p, struct hgc_object *o) {
    uint8_t flags = o->flags & (uint8_t) ~(FLAG_SUSPECT | FLAG_NOTED);
    int part = takes_part(o);
    if (part && !is_marked(p, o) && o->refcount <= scratch_get(&p->r->scratch, o)) {
        o->flags = flags | FLAG_IN_RUN;
        run_note(p->r, o, p->types[o->type]);
        return;
    }
    if (o->flags != flags)
        o->flags = flags;
    *mark_of(p, o) |= mark_bit(o);
    if (!part)
        return;
    p->at = o;
    scan(p, o);
    if (p->r->stack.count)
        *p = drain(*p);
}

INLINE void take_unmarked(struct heap_pass *p, struct hgc_object *o) {
    if (!is_marked(p, o))
        p->trash.items[p->trash.count++] = o;
}

INLINE void leave_run(struct heap_pass *p, struct hgc_object *o) {
    (void)p;
    o->flags &= (uint8_t)~FLAG_IN_RUN;
}

static uint64_t population(const struct hgc_runtime *rt) {
    return (uint64_t)(rt->tracked[0] + rt->tracked[1] + rt->tracked[2]);
}

static void swap(struct vector *a, struct vector *b) {
    struct vector c = *a;
    *a = *b;
    *b = c;
}

/* All that was noted has been looked at, so its list may become that of the trash. */
static int make_room(struct hgc_runtime *rt, struct run *r, size_t count) {
    if (rt->noted[0].capacity < count)
        return vector_reserve(&r->trash, count);
    swap(&rt->noted[0], &r->trash);
    rt->noted[0].count = r->trash.count = 0;
    return 0;
}

static int take_trash(struct hgc_runtime *rt, struct run *r, size_t count) {
    if (!count)
        return 0;
    if (make_room(rt, r, count))
        return -1;
    r->trash = each_slot(rt, r, take_unmarked).trash;
    return 0;
}

static int find_unreached(struct hgc_runtime *rt, struct run *r) {
    slab_touch_scratch(&rt->slabs);
    each_slot(rt, r, count_children);
    struct heap_pass marking = each_slot(rt, r, mark);
    int failed = marking.failed || r->scratch.failed;
    for (int g = 0; g < OLDEST; g++) {
        rt->tracked[g] -= marking.promoted[g];
        rt->tracked[OLDEST] += marking.promoted[g];
    }
    failed = failed || take_trash(rt, r, population(rt) - marking.reached);
    if (failed)
        each_slot(rt, r, leave_run);
    slab_clear_scratch(&rt->slabs);
    scratch_fini(&r->scratch);
    vector_clear(&r->stack);
    return failed ? -1 : 0;
}

/* Without memory all that was on a list still is; whom the pass has cleared is a suspect again. */
static void restore(struct vector *list, int g) {
    for (size_t i = 0; i < list->count; i++) {
        struct hgc_object *o = list->items[i];
        o->flags |= flag_noted(g);
        if (o->flags & FLAG_TRACKED)
            o->flags |= FLAG_SUSPECT;
    }
}

/* The pass has looked at everything, so nothing is on a list any more. */
static void settle_lists(struct hgc_runtime *rt, int done) {
    for (int g = 0; g < GENERATIONS; g++)
        if (done)
            vector_clear(&rt->noted[g]);
        else
            restore(&rt->noted[g], g);
    rt->whole_pass_due = !done;
}

/* Members or not, the pass finds them all. */
static int whole_heap(struct hgc_runtime *rt, struct run *r) {
    for (size_t i = 0; i < r->members.count; i++)
        ((struct hgc_object *)r->members.items[i])->flags &= (uint8_t)~FLAG_IN_RUN;
    int failed = find_unreached(rt, r);
    settle_lists(rt, !failed);
    if (failed) {
        trace_give_up(rt, r);
        return -1;
    }
    r->examined = population(rt);
    return 0;
}

/* Following costs more for each object, so it is worth it for a part of the heap only. */
int trace_old(struct hgc_runtime *rt, struct run *r) {
    size_t limit = population(rt) / 2 + 64;
    if (!rt->whole_pass_due && trace_glance(rt, r))
        return 0;
    if (rt->whole_pass_due || rt->noted[0].count + rt->noted[OLDEST].count > limit)
        return whole_heap(rt, r);
    if (trace_gather(rt, r))
        return -1;
    size_t noted = r->members.count;
    int over = noted > limit ? 1 : trace_count(rt, r, limit);
    if (!over)
        return trace_finish(rt, r);
    trace_forget(r, &r->members);
    return whole_heap(rt, r);
}

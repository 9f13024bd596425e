/* Full runs: by following what may have become garbage, or over the whole heap.
 *
 * The whole heap goes by addresses: the references between objects are counted in the scratch
 * without touching the objects they lead to, then everything is marked that has others, and what it
 * reaches. What is left unmarked is trash, and found by its mark alone.
 *
 * Marking is one pass by addresses, too: what it reaches ahead of itself is marked and looked at
 * when the pass comes there; only what lies behind it goes through the stack. What the pass leaves
 * behind unmarked has IN_RUN, until it is reached after all.
 *
 * Which fields are NULL, no processor can guess. So where a type has fields and nothing else, the
 * passes do not ask: what is no object of theirs is counted and marked nowhere. */
#include "gc/children.h"
#include "gc/run.h"

enum { RING = 16, NOWHERE = 64 };
/* Bytes before a pass comes to some fields, what they lead to is asked for. */
enum { FIELDS_AHEAD = 576 };

#define INLINE static inline __attribute__((always_inline))

/* The passes keep it in a variable whose address nobody else learns, since the bytes that they
 * write could otherwise be parts of it. */
struct heap_pass {
    struct run *r;
    struct hgc_type *const *types;
    uintptr_t base, half;   /* of the reserve */
    uint8_t *bytes, *marks; /* of what is at `base` */
    uint8_t *nowhere; /* so many bytes, taken in turn, for none has to wait for the one before */
    unsigned turn;
    uintptr_t end;   /* of the slab's slots */
    uintptr_t later; /* so far ahead is the slot whose fields are asked about */
    uintptr_t at;    /* where the marking pass is, from `base` on */
    uint64_t reached;
    struct vector trash;
    int64_t promoted[OLDEST];
    int failed;
};

INLINE struct heap_pass begin(const struct hgc_runtime *rt, struct run *r, uint8_t *nowhere) {
    uintptr_t base = gc_reserve.base;
    return (struct heap_pass){.r = r,
                              .types = rt->types,
                              .base = base,
                              .half = gc_reserve.half,
                              .bytes = scratch_of((const void *)base),
                              .marks = (uint8_t *)(gc_reserve.marks + (base >> RESERVE_MARK_SHIFT)),
                              .nowhere = nowhere,
                              .trash = r->trash};
}

/* Do fields lead out of this slab, so that what they lead to is worth asking for? Some tell. */
static int leads_away(struct slab *slab, uintptr_t base, uintptr_t half) {
    enum { SAMPLES = 16, FEW = 2 };
    uint32_t step = slab->fresh / SAMPLES + 1, away = 0;
    for (uint32_t i = 0; i < slab->fresh; i += step) {
        uintptr_t field = ((uintptr_t *)(slab_slots(slab) + (size_t)i * slab->slot_size))[1];
        away += field - base < half && (field ^ (uintptr_t)slab) >> SLAB_SHIFT;
    }
    return away > FEW;
}

/* Every slot, in the order of addresses. */
INLINE struct heap_pass each_slot(struct hgc_runtime *rt, struct run *r,
                                  void (*fn)(struct heap_pass *p, struct hgc_object *o)) {
    uint8_t nowhere[NOWHERE] = {0};
    struct heap_pass p = begin(rt, r, nowhere);
    struct slab_cursor c = {0};
    struct slab *slab;
    while (!p.failed && (slab = slab_next(&rt->slabs, RESERVE_CYCLIC, &c))) {
        uint32_t size = slab->slot_size;
        char *at = slab_slots(slab), *end = at + (size_t)slab->fresh * size;
        p.end = (uintptr_t)end;
        p.later = leads_away(slab, p.base, p.half) ? (FIELDS_AHEAD / size + 1) * size : SLAB_SIZE;
        if (slab->size_class == SLAB_CLASSES)
            fn(&p, (struct hgc_object *)at);
        else
            for (; at < end; at += size) {
                run_prefetch(at);
                fn(&p, (struct hgc_object *)at);
            }
    }
    p.nowhere = NULL;
    return p;
}

INLINE int takes_part(const struct hgc_object *o) {
    return o->flags & FLAG_TRACKED && o->generation <= OLDEST;
}

/* Beyond `half`: none of ours. */
INLINE uintptr_t offset_of(const struct heap_pass *p, const struct hgc_object *o) {
    return (uintptr_t)o - p->base;
}

INLINE uint8_t *byte_at(const struct heap_pass *p, uintptr_t offset) {
    return p->bytes + (offset >> RESERVE_GRANULE_SHIFT);
}

/* A bit of its own, so that those of a large heap still fit into a cache. */
INLINE uint8_t mark_bit(const struct hgc_object *o) {
    return (uint8_t)(1U << ((uintptr_t)o >> RESERVE_GRANULE_SHIFT) % 8);
}

INLINE uint8_t *mark_at(const struct heap_pass *p, uintptr_t offset) {
    return p->marks + (offset >> RESERVE_MARK_SHIFT);
}

INLINE uint8_t *mark_of(const struct heap_pass *p, const struct hgc_object *o) {
    return mark_at(p, offset_of(p, o));
}

INLINE int is_marked(const struct heap_pass *p, const struct hgc_object *o) {
    return *mark_of(p, o) & mark_bit(o);
}

static __attribute__((noinline)) int visit_custom(struct heap_pass p, struct hgc_object *o,
                                                  const struct hgc_type *t, hgc_visit_fn *fn) {
    return children_visit(o, t, fn, &p);
}

/* fn gets NULL as well where a type has fields and nothing else. */
INLINE void visit(struct heap_pass *p, struct hgc_object *o, hgc_visit_fn *fn) {
    const struct hgc_type *t = p->types[o->type];
    struct hgc_object **field = (struct hgc_object **)(o + 1), **end;
    if (likely(t->refers == REFERS_PAIR)) {
        p->failed |= fn(field[0], p) | fn(field[1], p);
    } else if (unlikely(t->kind == KIND_CUSTOM)) {
        p->failed |= visit_custom(*p, o, t, fn);
    } else if (t->kind == KIND_RANGE) {
        field = (struct hgc_object **)((char *)o + t->first);
        for (end = field + t->nfields; field < end; field++)
            p->failed |= fn(*field, p);
        p->failed |= fn(t->cls, p);
    } else {
        p->failed |= children_visit(o, t, fn, p);
    }
}

/* All bits of a word, or none. The compiler must not see that, or it makes a branch of it. */
INLINE uintptr_t mask_of(int condition) {
    uintptr_t mask = -(uintptr_t)condition;
    __asm__("" : "+r"(mask));
    return mask;
}

INLINE uintptr_t if_ours(const struct heap_pass *p, uintptr_t offset) {
    return mask_of(offset < p->half);
}

/* The place, or if the mask is empty one that says nothing. */
INLINE uint8_t *place_if(struct heap_pass *p, uintptr_t mask, uint8_t *place) {
    uintptr_t nowhere = (uintptr_t)&p->nowhere[p->turn++ % NOWHERE];
    return (uint8_t *)(nowhere ^ (((uintptr_t)place ^ nowhere) & mask));
}

INLINE int count_child(struct hgc_object *child, void *arg) {
    struct heap_pass *p = arg;
    uintptr_t offset = offset_of(p, child), mask = if_ours(p, offset);
    uint8_t *byte = place_if(p, mask, byte_at(p, offset));
    if (likely(*byte < SCRATCH_FULL))
        *byte -= (uint8_t)mask;
    else
        scratch_count_more(&p->r->scratch, child);
    return 0;
}

/* Asks for the bytes that the first fields of a later object lead to, whatever it is. */
INLINE void prefetch_bytes(const struct heap_pass *p, const struct hgc_object *o) {
    uintptr_t first = (uintptr_t)o + p->later + sizeof *o, end = first + 2 * sizeof(uintptr_t);
    if (unlikely(end > p->end))
        return;
    for (uintptr_t field = first; field < end; field += sizeof field) {
        uintptr_t offset = offset_of(p, *(struct hgc_object **)field);
        __builtin_prefetch(byte_at(p, offset & if_ours(p, offset)));
    }
}

INLINE void count_children(struct heap_pass *p, struct hgc_object *o) {
    prefetch_bytes(p, o);
    if (takes_part(o))
        visit(p, o, count_child);
}

INLINE int reach(struct hgc_object *child, void *arg) {
    struct heap_pass *p = arg;
    uintptr_t offset = offset_of(p, child);
    uint8_t *mark = place_if(p, if_ours(p, offset), mark_at(p, offset));
    uint8_t old = *mark, bit = mark_bit(child);
    *mark = old | bit;
    if (likely(offset > p->at))
        return 0; /* ahead, or none of ours */
    return old & bit ? 0 : vector_push(&p->r->stack, child);
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

/* On no list, and if it is tracked, trusted. */
INLINE uint8_t cleared(uint8_t flags) {
    enum { TRUSTED_IF_TRACKED = FLAG_TRUSTED / FLAG_TRACKED };
    return (uint8_t)((flags & ~FLAG_NOTED) | (flags & FLAG_TRACKED) * TRUSTED_IF_TRACKED);
}

/* What takes no part is no trash either. */
INLINE void mark(struct heap_pass *p, struct hgc_object *o) {
    uint8_t flags = cleared(o->flags);
    int part = takes_part(o);
    if (!is_marked(p, o)) {
        if (part && o->refcount <= scratch_get(&p->r->scratch, o)) {
            o->flags = flags | FLAG_IN_RUN;
            run_note(p->r, o, p->types[o->type]);
            return;
        }
        *mark_of(p, o) |= mark_bit(o);
    }
    if (o->flags != flags)
        o->flags = flags;
    if (!part)
        return;
    p->at = offset_of(p, o);
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
        object_suspect(o);
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

/* Runs that follow what may have become garbage: which objects those are, and how often they refer
 * to each other. What becomes of them is trace_mark.c's. */
#include "gc/children.h"
#include "gc/run.h"
#include "gc/slices.h"

enum { PREFETCH = 8 };

#define INLINE static inline __attribute__((always_inline))

/* Copied into the loops, so that the bytes that they write are no part of it. */
struct counting {
    struct run *r;
    struct hgc_type *const *types;
    uintptr_t scratch;
    int generation;
    int leads_on; /* the object looked at has references to tracked ones */
    int failed;
};

static struct counting begin(struct hgc_runtime *rt, struct run *r) {
    return (struct counting){
        .r = r, .types = rt->types, .scratch = gc_reserve.scratch, .generation = r->generation};
}

static __attribute__((noinline)) struct counting
visit_custom(struct counting c, struct hgc_object *o, const struct hgc_type *t, hgc_visit_fn *fn) {
    c.failed |= children_visit(o, t, fn, &c);
    return c;
}

INLINE void visit(struct counting *c, struct hgc_object *o, hgc_visit_fn *fn) {
    const struct hgc_type *t = c->types[o->type];
    if (unlikely(t->kind == KIND_CUSTOM))
        *c = visit_custom(*c, o, t, fn);
    else
        c->failed |= children_visit(o, t, fn, c);
}

INLINE int count(const struct counting *c, struct hgc_object *child) {
    uint8_t *byte = scratch_at(c->scratch, child);
    if (likely(*byte < SCRATCH_FULL))
        ++*byte;
    else
        scratch_count_more(&c->r->scratch, child);
    return 0;
}

/* --- of generation 0 all objects are members, or leaves --- */

INLINE int count_young(struct hgc_object *child, void *arg) {
    struct counting *c = arg;
    if (!(child->flags & FLAG_TRACKED))
        return 0;
    c->leads_on = 1;
    return child->generation == 0 ? count(c, child) : 0;
}

/* Their list becomes that of the members. */
static void take_young_list(struct hgc_runtime *rt, struct run *r) {
    struct vector empty = r->members;
    r->members = rt->noted[0];
    rt->noted[0] = empty;
}

static int count_all_young(struct hgc_runtime *rt, struct run *r) {
    struct counting c = begin(rt, r);
    struct hgc_object **members, **leaves;
    size_t listed = rt->noted[0].count, kept = 0, ends = 0;
    if (vector_reserve(&r->others, listed))
        return -1;
    take_young_list(rt, r);
    members = (struct hgc_object **)r->members.items;
    leaves = (struct hgc_object **)r->others.items;
    for (size_t i = 0; i < listed; i++) {
        struct hgc_object *o = members[i];
        if (i + PREFETCH < listed)
            __builtin_prefetch(members[i + PREFETCH]);
        uint8_t flags = o->flags & (uint8_t)~FLAG_NOTED_0;
        int is_young = object_is_of(o, 0); /* asked before a part of what it reads is written */
        o->flags = flags;
        if (!is_young)
            continue;
        o->flags = flags | FLAG_IN_RUN;
        c.leads_on = 0;
        visit(&c, o, count_young);
        if (c.leads_on)
            members[kept++] = o;
        else
            leaves[ends++] = o;
    }
    r->members.count = kept;
    r->others.count = ends;
    return c.failed || r->scratch.failed ? -1 : 0;
}

/* --- of older ones the suspects and what they reach --- */

/* The generations of a run in the order of its finalizers: its own, then the younger ones. */
static int generation_at(int g, int i) {
    return i == 0 ? g : i - 1;
}

/* Of generation 0 all, else the suspects; `list` is that of generation k. */
static void take_list(struct run *r, const struct vector *list, int k) {
    uint8_t mask = FLAG_TRACKED | (k ? FLAG_TRUSTED : 0);
    struct vector members = r->members;
    for (size_t j = 0; j < list->count; j++) {
        struct hgc_object *o = list->items[j];
        if (j + PREFETCH < list->count)
            __builtin_prefetch(list->items[j + PREFETCH]);
        if (k != 1) /* see trace_finish */
            o->flags &= (uint8_t)~flag_noted(k);
        if ((o->flags & mask) != FLAG_TRACKED || o->generation != k)
            continue;
        o->flags |= FLAG_IN_RUN;
        members.items[members.count++] = o;
    }
    r->members.count = members.count;
}

/* Those of generation 1 that are no members just grow older. Its list becomes that of the others.
 */
static void swap_others(struct hgc_runtime *rt, struct run *r) {
    struct vector empty = r->others;
    r->others = rt->noted[1];
    rt->noted[1] = empty;
}

int trace_gather(struct hgc_runtime *rt, struct run *r) {
    size_t count = 0;
    for (int k = 0; k <= r->generation; k++)
        count += rt->noted[k].count;
    if (vector_reserve(&r->members, count + 1))
        return -1;
    for (int i = 0; i <= r->generation; i++) {
        int k = generation_at(r->generation, i);
        take_list(r, &rt->noted[k], k);
        if (k == 1)
            swap_others(rt, r);
        else
            vector_clear(&rt->noted[k]);
    }
    return 0;
}

/* What members refer to becomes a member, unless it is older than the run. */
INLINE int count_reached(struct hgc_object *child, void *arg) {
    struct counting *c = arg;
    uint8_t flags = child->flags;
    if (!(flags & FLAG_IN_RUN)) {
        if (!(flags & FLAG_TRACKED) || child->generation > c->generation)
            return 0;
        if (vector_push(&c->r->members, child))
            return -1;
        child->flags = flags | FLAG_IN_RUN;
    }
    return count(c, child);
}

int trace_count(struct hgc_runtime *rt, struct run *r, size_t limit) {
    struct counting c = begin(rt, r);
    const struct vector *members = &r->members;
    for (size_t i = 0; i < members->count && !c.failed; i++) {
        if (i + PREFETCH < members->count)
            __builtin_prefetch(members->items[i + PREFETCH]);
        visit(&c, members->items[i], count_reached);
        if (members->count > limit)
            return 1;
    }
    return c.failed || r->scratch.failed ? -1 : 0;
}

/* --- all of it --- */

static void put_back(struct hgc_runtime *rt, struct vector *list, uint8_t noted) {
    for (size_t i = 0; i < list->count; i++) {
        struct hgc_object *o = list->items[i];
        o->flags &= (uint8_t) ~(FLAG_IN_RUN | noted);
        if (!(o->flags & FLAG_TRACKED))
            continue;
        *scratch_of(o) = 0;
        object_suspect(o);
        object_note_surely(rt, o);
    }
    vector_clear(list);
}

/* All of them are suspects then, since marking may have begun. */
void trace_give_up(struct hgc_runtime *rt, struct run *r) {
    put_back(rt, &r->others, r->generation == 0 ? 0 : flag_noted(1));
    put_back(rt, &r->members, 0);
    scratch_fini(&r->scratch);
    vector_clear(&r->stack);
}

void trace_forget(struct run *r, const struct vector *members) {
    for (size_t i = 0; i < members->count; i++)
        *scratch_of(members->items[i]) = 0;
    scratch_fini(&r->scratch);
}

int trace_list(struct hgc_runtime *rt, struct run *r) {
    int failed;
    if (rt->slices)
        slices_clean(rt, rt->slices, r->generation);
    if (trace_glance(rt, r))
        return 0;
    if (r->generation == 0)
        failed = count_all_young(rt, r);
    else if (trace_gather(rt, r))
        return -1;
    else
        failed = trace_count(rt, r, SIZE_MAX);
    if (failed) {
        trace_give_up(rt, r);
        return -1;
    }
    return trace_finish(rt, r);
}

/* Runs that find nothing, which are most. Garbage is in a cycle, or reached from one, and a cycle
 * needs an old suspect that leads to it, or a young one that leads to older objects, or a reference
 * among the young to a later entry of their list: where all lead back to earlier ones, there is no
 * cycle. The first such thing is enough to give up, and to look properly (trace_list.c).
 *
 * Young objects with several references count as suspects there (object.h), but need not
 * here: the last of those that take part in garbage was born with a reference that has been
 * dropped, which makes it a suspect, or moved: into an older object, which is one then, or among
 * the young, and then that is a reference ahead.
 *
 * Most have no suspects at all (promote.c). With suspects, a second look at the young finds which
 * lead on. */
#include "gc/children.h"
#include "gc/promote.h"
#include "gc/slices.h"

#define INLINE static inline __attribute__((always_inline))

/* --- the young, with suspects --- */

/* In a variable of its own, so that the bytes that are written are no part of it. IN_RUN: seen. A
 * byte of scratch: what has been seen leads to older objects. */
struct order {
    struct hgc_type *const *types;
    uintptr_t scratch;
    int ahead;    /* there is a reference to something that has not been seen */
    int leads_on; /* the object looked at leads to older ones */
    int any_leads_on, any_suspect;
};

INLINE int look(struct hgc_object *child, void *arg) {
    struct order *p = arg;
    uint8_t flags = child->flags;
    if (!(flags & FLAG_TRACKED))
        return 0;
    if (child->generation) {
        p->leads_on |= run_leads_on(child);
        return 0;
    }
    p->leads_on |= *scratch_at(p->scratch, child);
    p->ahead |= !(flags & FLAG_IN_RUN);
    return 0;
}

static __attribute__((noinline)) struct order look_custom(struct order p, struct hgc_object *o,
                                                          const struct hgc_type *t) {
    (void)children_visit(o, t, look, &p);
    return p;
}

INLINE void look_at_children(struct order *p, struct hgc_object *o) {
    const struct hgc_type *t = p->types[o->type];
    p->leads_on = 0;
    if (unlikely(t->kind == KIND_CUSTOM))
        *p = look_custom(*p, o, t);
    else
        (void)children_visit(o, t, look, p);
    if (!p->leads_on)
        return;
    *scratch_at(p->scratch, o) = 1;
    p->any_leads_on = 1;
    p->any_suspect |= object_is_suspect(o);
}

/* How many of the list's objects have been seen: all, or those up to one with a reference ahead.
 * An object has seen itself only afterwards. Stale entries go. */
INLINE size_t look_at_all(struct order *p, struct vector *list) {
    struct vector old = *list;
    size_t i = 0, kept = 0;
    while (i < old.count && !p->ahead) {
        promote_prefetch(old, i);
        struct hgc_object *o = old.items[i++];
        if (!object_is_of(o, 0)) {
            o->flags &= (uint8_t)~FLAG_NOTED_0;
            continue;
        }
        look_at_children(p, o);
        o->flags |= FLAG_IN_RUN;
        old.items[kept++] = o;
    }
    if (i < old.count)
        memmove(&old.items[kept], &old.items[i], (old.count - i) * sizeof *old.items);
    list->count = kept + old.count - i;
    return kept;
}

static void forget(struct vector list, size_t seen) {
    for (size_t i = 0; i < seen; i++) {
        struct hgc_object *o = list.items[i];
        o->flags &= (uint8_t)~FLAG_IN_RUN;
        *scratch_of(o) = 0;
    }
}

/* A suspect remains one if it leads on: it may be part of garbage that older objects are part of.
 */
INLINE uint8_t trust_from_now_on(const struct hgc_object *o) {
    uint8_t *leads_on = scratch_of(o);
    if (likely(!*leads_on))
        return FLAG_TRUSTED;
    *leads_on = 0;
    return o->flags & FLAG_TRUSTED;
}

INLINE void promote_each(struct vector list, int generation, int any_leads_on,
                         struct vector *older) {
    for (size_t i = 0; i < list.count; i++) {
        struct hgc_object *o = list.items[i];
        promote_to(o, generation, unlikely(any_leads_on) ? trust_from_now_on(o) : FLAG_TRUSTED,
                   older);
    }
}

/* 1: all of them; else nothing has happened. */
static int promote_ordered(struct hgc_runtime *rt, struct run *r) {
    struct order p = {.types = rt->types, .scratch = gc_reserve.scratch};
    size_t seen = look_at_all(&p, &rt->noted[0]);
    struct vector older = rt->noted[1], young = rt->noted[0];
    if (p.ahead || (r->generation && p.any_suspect)) {
        forget(young, seen);
        return 0;
    }
    if (r->generation)
        promote_each(young, OLDEST, p.any_leads_on, NULL);
    else
        promote_each(young, 1, p.any_leads_on, &older);
    rt->noted[1] = older;
    promote_count_young(rt, r);
    return 1;
}

/* --- the old --- */

struct search {
    struct vector *stack;
    size_t left;
    int generation;
    int leads_on; /* to what is older */
    int too_far;
};

INLINE int follow(struct hgc_object *child, void *arg) {
    struct search *s = arg;
    if (!(child->flags & FLAG_TRACKED))
        return 0;
    if (child->generation > s->generation) {
        s->leads_on |= run_leads_on(child);
        return 0;
    }
    if (s->left == 0 || vector_push(s->stack, child))
        return s->too_far = 1;
    s->left--;
    return 0;
}

/* What a suspect leads to is followed as if it were a tree: that comes to an end unless there is a
 * cycle. 0: too far. */
static int comes_to_an_end(const struct hgc_runtime *rt, struct search *s, struct hgc_object *o) {
    struct vector *stack = s->stack;
    s->leads_on = 0;
    (void)children_visit(o, rt->types[o->type], follow, s);
    while (stack->count && !s->too_far) {
        o = stack->items[--stack->count];
        (void)children_visit(o, rt->types[o->type], follow, s);
    }
    stack->count = 0;
    return !s->too_far;
}

/* May an old suspect from entry i on lead to garbage? Of generation 1, those that do not even lead
 * to older objects need not be suspects: mostly they were filled only when a run had promoted them.
 * They are listed in r->others; without memory they remain what they are. */
static int may_have_garbage(const struct hgc_runtime *rt, struct run *r, int generation, size_t i) {
    struct vector list = rt->noted[generation];
    struct search s = {.stack = &r->stack,
                       .left = r->generation == 1 ? (rt->noted[0].count + list.count) / 4 : 0,
                       .generation = generation};
    for (; i < list.count; i++) {
        promote_prefetch(list, i);
        struct hgc_object *o = list.items[i];
        if (likely(!object_is_suspect_of(o, generation)))
            continue;
        if (r->generation != 1 || !comes_to_an_end(rt, &s, o))
            return 1;
        if (!s.leads_on)
            (void)vector_push(&r->others, o);
    }
    return 0;
}

/* Only now, when no later step can fail: who moves a reference into a young object relies on it. */
static void clear_suspicion(const struct run *r) {
    for (size_t i = 0; i < r->others.count; i++)
        object_trust(r->others.items[i]);
}

/* The list of generation 2 names stale ones only. */
static void forget_old(struct hgc_runtime *rt) {
    struct vector *list = &rt->noted[OLDEST];
    for (size_t i = 0; i < list->count; i++)
        ((struct hgc_object *)list->items[i])->flags &= (uint8_t)~flag_noted(OLDEST);
    vector_clear(list);
}

/* Looks at all, and promotes the young, or none. */
static int young_are_innocent(struct hgc_runtime *rt, struct run *r) {
    const struct hgc_object *in_the_way = promote_young(rt, r);
    return !in_the_way || (object_is_suspect(in_the_way) && promote_ordered(rt, r));
}

/* The same, of generation 1 as well unless it has suspects. */
static int finds_nothing(struct hgc_runtime *rt, struct run *r) {
    size_t count = rt->noted[0].count;
    if (rt->slices && rt->slices->phase == SLICES_GATHER)
        return 0;
    if (r->generation == 0)
        return !vector_reserve(&rt->noted[1], rt->noted[1].count + count + 1) &&
               young_are_innocent(rt, r);
    if (r->generation == OLDEST && may_have_garbage(rt, r, OLDEST, 0))
        return 0;
    size_t seen = promote_middle(rt);
    int promoted = seen == rt->noted[1].count;
    if (!promoted && may_have_garbage(rt, r, 1, seen))
        return 0;
    int nothing = young_are_innocent(rt, r);
    if (promoted)
        promote_middle_ends(rt, nothing);
    return nothing;
}

static void finish(struct hgc_runtime *rt, const struct run *r) {
    if (r->generation == 0)
        return;
    clear_suspicion(r);
    if (r->generation == OLDEST)
        forget_old(rt);
    promote_suspects(rt);
}

int trace_glance(struct hgc_runtime *rt, struct run *r) {
    int nothing = finds_nothing(rt, r);
    if (nothing)
        finish(rt, r);
    if (r->others.count)
        vector_clear(&r->others);
    return nothing;
}

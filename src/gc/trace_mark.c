/* What becomes of a run's members, once the references among them have been counted: those that are
 * referred to from elsewhere, and all they reach, live on and grow older; the rest is trash. Also
 * the second look at trash, after user code. */
#include "gc/children.h"
#include "gc/run.h"
#include "gc/slices.h"

enum { PREFETCH = 8 };

#define INLINE static inline __attribute__((always_inline))

/* Suspicion about survivors of a young run: a cycle that goes through an older object is garbage
 * that this run cannot see, and needs a suspect for a later one. Such a cycle has a member that is
 * referred to from outside of the run (a root), and reaches older objects. So it is enough if roots
 * remain suspects that reach a suspect, and an object that is older or has been reached from
 * another root. */
struct marking {
    struct hgc_runtime *rt;
    struct run *r;
    struct hgc_type *const *types;
    uintptr_t scratch;
    struct hgc_object **reached; /* from the root, which is the first; room for all */
    size_t count;
    int suspect, leads_on;
    int gathering; /* suspects are about to be cleared (slices.h): whatever leads on remains one */
    int generation, next; /* of the run, and of the survivors */
    int failed;
    int64_t promoted[SLICED + 1]; /* out of each */
};

static struct marking begin(struct hgc_runtime *rt, struct run *r) {
    return (struct marking){.rt = rt,
                            .r = r,
                            .types = rt->types,
                            .scratch = gc_reserve.scratch,
                            .reached = (struct hgc_object **)r->stack.items,
                            .gathering = rt->slices && rt->slices->phase == SLICES_GATHER,
                            .generation = r->generation,
                            .next = r->generation < OLDEST ? r->generation + 1 : OLDEST};
}

static void end(const struct marking *m) {
    for (int g = 0; g <= SLICED; g++) {
        m->rt->tracked[g] -= m->promoted[g];
        m->rt->tracked[m->next] += m->promoted[g];
    }
}

static __attribute__((noinline)) struct marking
visit_custom(struct marking m, struct hgc_object *o, const struct hgc_type *t, hgc_visit_fn *fn) {
    m.failed |= children_visit(o, t, fn, &m);
    return m;
}

INLINE void visit(struct marking *m, struct hgc_object *o, hgc_visit_fn *fn) {
    const struct hgc_type *t = m->types[o->type];
    if (unlikely(t->kind == KIND_CUSTOM))
        *m = visit_custom(*m, o, t, fn);
    else
        (void)children_visit(o, t, fn, m);
}

/* --- survivors --- */

INLINE void promote(struct marking *m, struct hgc_object *o) {
    struct vector *list = &m->rt->noted[m->next];
    uint8_t noted = flag_noted(m->next), flags = o->flags;
    if (o->generation != m->next) {
        m->promoted[o->generation]++;
        o->generation = (uint8_t)m->next;
    }
    if ((m->next == OLDEST && flags & FLAG_TRUSTED) || flags & noted)
        return;
    if (unlikely(list->count == list->capacity)) {
        object_note_surely(m->rt, o);
        return;
    }
    list->items[list->count++] = o;
    o->flags = flags | noted;
}

void trace_promote(struct hgc_runtime *rt, struct run *r, struct hgc_object *o) {
    struct marking m = begin(rt, r);
    promote(&m, o);
    end(&m);
}

/* --- marking --- */

/* What the root has reached is no older than the run until the root is done with. */
INLINE int leads_on(const struct marking *m, const struct hgc_object *o) {
    return o->flags & FLAG_TRACKED && o->generation > m->generation && run_leads_on(o);
}

INLINE int reach(struct hgc_object *o, void *arg) {
    struct marking *m = arg;
    uint8_t flags = o->flags;
    if (!(flags & FLAG_IN_RUN)) {
        if (!m->leads_on)
            m->leads_on = leads_on(m, o);
        return 0;
    }
    m->suspect |= !(flags & FLAG_TRUSTED) || (o->generation == 0 && o->refcount > 1);
    o->flags = (flags & (uint8_t)~FLAG_IN_RUN) | FLAG_TRUSTED;
    m->reached[m->count++] = o;
    return 0;
}

INLINE void wipe(const struct marking *m, const struct hgc_object *o) {
    uint8_t *byte = scratch_at(m->scratch, o);
    if (*byte) /* else its page may never have been written to */
        *byte = 0;
}

INLINE void mark_root(struct marking *m, struct hgc_object *root) {
    m->count = 0;
    m->suspect = m->gathering;
    m->leads_on = m->generation == OLDEST; /* of no interest */
    (void)reach(root, m);
    for (size_t i = 0; i < m->count; i++)
        visit(m, m->reached[i], reach);
    if (m->suspect && m->leads_on && m->generation < OLDEST)
        object_suspect(root);
    for (size_t i = 0; i < m->count; i++) {
        wipe(m, m->reached[i]);
        promote(m, m->reached[i]);
    }
    m->r->settled += m->count;
}

/* How many references to o the run has found. */
INLINE uint64_t counted(const struct marking *m, const struct hgc_object *o) {
    return scratch_get_at(m->scratch, &m->r->scratch, o);
}

static int mark(struct hgc_runtime *rt, struct run *r) {
    if (vector_reserve(&r->stack, r->examined))
        return -1;
    struct marking m = begin(rt, r);
    const struct vector *members = &r->members;
    for (size_t i = 0; i < members->count; i++) {
        struct hgc_object *o = members->items[i];
        if (i + PREFETCH < members->count)
            __builtin_prefetch(members->items[i + PREFETCH]);
        if (o->flags & FLAG_IN_RUN && o->refcount > counted(&m, o))
            mark_root(&m, o);
    }
    end(&m);
    return m.failed ? -1 : 0;
}

/* --- the rest --- */

/* `trash` is a copy of r's list, `m` that of the runtime's tables: kept in registers. */
INLINE void add_trash(const struct marking *m, struct vector *trash, struct hgc_object *o) {
    *scratch_at(m->scratch, o) = 0;
    run_note(m->r, o, m->types[o->type]);
    trash->items[trash->count++] = o;
}

/* The list of members becomes that of the trash. */
static void take_trash(struct hgc_runtime *rt, struct run *r) {
    struct marking m = begin(rt, r);
    struct vector members = r->members;
    struct vector trash = {.items = members.items, .capacity = members.capacity};
    size_t left = r->examined - r->settled;
    r->members = r->trash;
    for (size_t i = 0; i < members.count && trash.count < left; i++)
        if (((struct hgc_object *)members.items[i])->flags & FLAG_IN_RUN)
            add_trash(&m, &trash, members.items[i]);
    r->trash = trash;
}

/* What refers to nothing lives on, too, if it is referred to from elsewhere; else it is trash, as
 * all is that refers to it, or has been reached and settled. There is room in the list of trash,
 * which named all young objects. */
static void settle_leaves(struct hgc_runtime *rt, struct run *r) {
    struct marking m = begin(rt, r);
    for (size_t i = 0; i < r->others.count; i++) {
        struct hgc_object *o = r->others.items[i];
        if (!(o->flags & FLAG_IN_RUN))
            continue;
        if (o->refcount <= counted(&m, o)) {
            add_trash(&m, &r->trash, o);
            continue;
        }
        o->flags = (o->flags & (uint8_t)~FLAG_IN_RUN) | FLAG_TRUSTED;
        wipe(&m, o);
        promote(&m, o);
    }
    end(&m);
}

/* The list of generation 1: those that have been members are promoted already, or trash. */
static void promote_others(struct hgc_runtime *rt, struct run *r) {
    struct marking m = begin(rt, r);
    const uint8_t state = FLAG_TRACKED | FLAG_IN_RUN;
    for (size_t i = 0; i < r->others.count; i++) {
        struct hgc_object *o = r->others.items[i];
        uint8_t flags = o->flags & (uint8_t)~flag_noted(1);
        o->flags = flags;
        if ((flags & state) == FLAG_TRACKED && o->generation == 1)
            promote(&m, o);
    }
    end(&m);
}

int trace_finish(struct hgc_runtime *rt, struct run *r) {
    r->settled = 0;
    r->examined = r->members.count + (r->generation == 0 ? r->others.count : 0);
    if (mark(rt, r)) {
        trace_give_up(rt, r);
        return -1;
    }
    take_trash(rt, r);
    if (r->generation == 0)
        settle_leaves(rt, r);
    else
        promote_others(rt, r);
    scratch_fini(&r->scratch);
    return 0;
}

/* --- once more --- */

static int count_again(struct hgc_object *child, void *arg) {
    struct run *r = arg;
    if (child->flags & FLAG_IN_RUN)
        scratch_count(&r->scratch, child);
    return 0;
}

static int reach_again(struct hgc_object *child, void *arg) {
    struct run *r = arg;
    if (!(child->flags & FLAG_IN_RUN))
        return 0;
    child->flags &= (uint8_t)~FLAG_IN_RUN;
    return vector_push(&r->stack, child);
}

int trace_drain(struct hgc_runtime *rt, struct run *r, struct vector *found) {
    while (r->stack.count) {
        struct hgc_object *o = r->stack.items[--r->stack.count];
        if (found && vector_push(found, o))
            return -1;
        if (children_visit(o, rt->types[o->type], reach_again, r))
            return -1;
    }
    return 0;
}

int trace_mark(struct hgc_runtime *rt, struct run *r, const struct vector *members) {
    for (size_t i = 0; i < members->count; i++) {
        struct hgc_object *o = members->items[i];
        if (run_has(o) && o->refcount > scratch_get(&r->scratch, o) &&
            (reach_again(o, r) || trace_drain(rt, r, NULL)))
            return -1;
    }
    return 0;
}

int trace_again(struct hgc_runtime *rt, struct run *r) {
    const struct vector *trash = &r->trash;
    for (size_t i = 0; i < trash->count; i++) {
        struct hgc_object *o = trash->items[i];
        if (run_has(o))
            (void)children_visit(o, rt->types[o->type], count_again, r);
    }
    return r->scratch.failed ? -1 : trace_mark(rt, r, trash);
}

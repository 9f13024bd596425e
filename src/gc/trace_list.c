#include "gc/children.h"
#include "gc/run.h"
#include "gc/slices.h"

enum { PREFETCH = 8 };

/* The generations of a run in the order of its finalizers: its own, then the younger ones. */
static int generation_at(int g, int i) {
    return i == 0 ? g : i - 1;
}

static void take_list(struct run *r, struct vector *list, int k) {
    for (size_t j = 0; j < list->count; j++) {
        struct hgc_object *o = list->items[j];
        o->flags &= (uint8_t)~flag_noted(k);
        if (!(o->flags & FLAG_TRACKED) || o->generation != k)
            continue; /* stale */
        if (k == 0 || o->flags & FLAG_SUSPECT) {
            o->flags |= FLAG_IN_RUN;
            r->members.items[r->members.count++] = o;
        } else if (k < OLDEST) {
            r->others.items[r->others.count++] = o;
        }
    }
    vector_clear(list);
}

int trace_gather(struct hgc_runtime *rt, struct run *r) {
    size_t count = 0;
    if (rt->slices)
        slices_clean(rt, rt->slices, r->generation);
    for (int k = 0; k <= r->generation; k++)
        count += rt->noted[k].count;
    if (vector_reserve(&r->members, count + 1) ||
        (r->generation && vector_reserve(&r->others, rt->noted[1].count + 1)))
        return -1;
    for (int i = 0; i <= r->generation; i++) {
        int k = generation_at(r->generation, i);
        take_list(r, &rt->noted[k], k);
    }
    return 0;
}

/* All of them are suspects then, since marking may have begun. */
void trace_give_up(struct hgc_runtime *rt, struct run *r) {
    for (size_t i = 0; i < r->members.count; i++) {
        struct hgc_object *o = r->members.items[i];
        *scratch_of(o) = 0;
        o->flags &= (uint8_t)~FLAG_IN_RUN;
        o->flags |= FLAG_SUSPECT;
        object_note_surely(rt, o);
    }
    for (size_t i = 0; i < r->others.count; i++)
        object_note_surely(rt, r->others.items[i]);
    scratch_fini(&r->scratch);
    vector_clear(&r->members);
    vector_clear(&r->others);
    vector_clear(&r->stack);
}

/* --- counting --- */

static int count_member(struct hgc_object *child, void *arg) {
    struct run *r = arg;
    if (child->flags & FLAG_IN_RUN)
        scratch_count(&r->scratch, child);
    return 0;
}

/* What members refer to becomes a member, unless it is older than the run. */
static int count_reached(struct hgc_object *child, void *arg) {
    struct run *r = arg;
    if (!(child->flags & FLAG_IN_RUN)) {
        if (!(child->flags & FLAG_TRACKED) || child->generation > r->generation)
            return 0;
        if (vector_push(&r->members, child))
            return -1;
        child->flags |= FLAG_IN_RUN;
    }
    scratch_count(&r->scratch, child);
    return 0;
}

static int count_all_reached(struct run *r, size_t limit) {
    for (size_t i = 0; i < r->members.count; i++) {
        struct hgc_object *o = r->members.items[i];
        if (i + PREFETCH < r->members.count)
            __builtin_prefetch(r->members.items[i + PREFETCH]);
        if (children_visit(o, type_of(o), count_reached, r) < 0)
            return -1;
        if (r->members.count > limit)
            return 1;
    }
    return 0;
}

/* Of generation 0 all objects are members from the start. */
int trace_count(struct run *r, struct vector *members, size_t limit) {
    int result = 0;
    if (members == &r->members && r->generation) {
        result = count_all_reached(r, limit);
    } else {
        for (size_t i = 0; i < members->count; i++) {
            struct hgc_object *o = members->items[i];
            if (run_has(o))
                children_visit(o, type_of(o), count_member, r);
        }
    }
    return r->scratch.failed ? -1 : result;
}

/* --- marking --- */

static int reach(struct hgc_object *child, void *arg) {
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
        if (children_visit(o, rt->types[o->type], reach, r))
            return -1;
    }
    return 0;
}

/* Suspicion about survivors of a young run: a cycle that goes through an older object is garbage
 * that this run cannot see, and needs a suspect for a later one. Such a cycle has a member that is
 * referred to from outside of the run (`root`), and reaches older objects. So it is enough if roots
 * remain suspects that reach a suspect, and an object that is older or has been reached from
 * another root. A class without attributes leads nowhere. */
struct suspicion {
    struct run *r;
    int suspect, leads_on;
};

static int leads_nowhere(const struct hgc_object *o) {
    const struct class_object *c = (const struct class_object *)o;
    return !(o->flags & FLAG_TRACKED) || o->generation == FROZEN ||
           (is_type(o, TYPE_CLASS) && !c->base && !c->attributes);
}

static int reach_suspiciously(struct hgc_object *child, void *arg) {
    struct suspicion *s = arg;
    if (!(child->flags & FLAG_IN_RUN)) {
        s->leads_on |= !leads_nowhere(child);
        return 0;
    }
    s->suspect |= child->flags & FLAG_SUSPECT;
    child->flags &= (uint8_t) ~(FLAG_IN_RUN | FLAG_SUSPECT);
    return vector_push(&s->r->stack, child);
}

static inline void promote(struct hgc_runtime *rt, const struct run *r, struct hgc_object *o) {
    int next = r->generation < OLDEST ? r->generation + 1 : OLDEST;
    struct vector *list = &rt->noted[next];
    if (o->generation != next) {
        rt->tracked[o->generation]--;
        rt->tracked[next]++;
        o->generation = (uint8_t)next;
    }
    if ((next == OLDEST && !(o->flags & FLAG_SUSPECT)) || o->flags & flag_noted(next))
        return;
    if (unlikely(list->count == list->capacity)) {
        object_note_surely(rt, o);
        return;
    }
    list->items[list->count++] = o;
    o->flags |= flag_noted(next);
}

/* A member that lives on need not be looked at again. */
static inline void settle(struct hgc_runtime *rt, struct run *r, struct hgc_object *o) {
    uint8_t *byte = scratch_of(o);
    if (*byte) /* else its page may never have been written to */
        *byte = 0;
    promote(rt, r, o);
    r->settled++;
}

/* Marks the root and what it reaches; `settled`: these are also done with. */
static inline __attribute__((always_inline)) int mark_root(struct hgc_runtime *rt, struct run *r,
                                                           struct hgc_object *root, int settled) {
    struct suspicion s = {r, root->flags & FLAG_SUSPECT, 0};
    root->flags &= (uint8_t) ~(FLAG_IN_RUN | FLAG_SUSPECT);
    int result = children_visit(root, rt->types[root->type], reach_suspiciously, &s);
    while (!result && r->stack.count) {
        struct hgc_object *o = r->stack.items[--r->stack.count];
        result = children_visit(o, rt->types[o->type], reach_suspiciously, &s);
        if (settled)
            settle(rt, r, o);
    }
    if (s.suspect && s.leads_on && r->generation < OLDEST)
        root->flags |= FLAG_SUSPECT;
    if (settled)
        settle(rt, r, root);
    return result;
}

static inline __attribute__((always_inline)) int mark(struct hgc_runtime *rt, struct run *r,
                                                      const struct vector *members, int settled) {
    for (size_t i = 0; i < members->count; i++) {
        struct hgc_object *o = members->items[i];
        if (run_has(o) && o->refcount > scratch_get(&r->scratch, o) && mark_root(rt, r, o, settled))
            return -1;
    }
    return 0;
}

int trace_mark(struct hgc_runtime *rt, struct run *r, const struct vector *members) {
    return mark(rt, r, members, 0);
}

void trace_forget(struct run *r, const struct vector *members) {
    for (size_t i = 0; i < members->count; i++)
        *scratch_of(members->items[i]) = 0;
    scratch_fini(&r->scratch);
}

/* --- afterwards --- */

void trace_promote(struct hgc_runtime *rt, const struct run *r, struct hgc_object *o) {
    promote(rt, r, o);
}

void trace_promote_others(struct hgc_runtime *rt, struct run *r) {
    for (size_t i = 0; i < r->others.count; i++) {
        struct hgc_object *o = r->others.items[i];
        if (!(o->flags & FLAG_IN_RUN))
            promote(rt, r, o);
    }
}

/* Without memory for the list of trash, all of it survives. */
static int take_trash(struct hgc_runtime *rt, struct run *r) {
    int failed = 0;
    for (size_t i = 0; r->settled < r->members.count && i < r->members.count; i++) {
        struct hgc_object *o = r->members.items[i];
        if (!(o->flags & FLAG_IN_RUN))
            continue;
        *scratch_of(o) = 0;
        r->cares |= run_cares(o, rt->types[o->type]);
        failed = failed || vector_push(&r->trash, o);
        if (failed)
            trash_keep(rt, r, o);
    }
    scratch_fini(&r->scratch);
    for (size_t i = 0; failed && i < r->trash.count; i++)
        trash_keep(rt, r, r->trash.items[i]);
    trace_promote_others(rt, r);
    r->examined = r->members.count;
    return failed ? -1 : 0;
}

int trace_finish(struct hgc_runtime *rt, struct run *r) {
    r->settled = 0;
    if (mark(rt, r, &r->members, 1)) {
        trace_give_up(rt, r);
        return -1;
    }
    if (take_trash(rt, r)) {
        vector_clear(&r->trash);
        return -1;
    }
    return 0;
}

int trace_list(struct hgc_runtime *rt, struct run *r) {
    if (trace_gather(rt, r))
        return -1;
    if (trace_count(r, &r->members, SIZE_MAX)) {
        trace_give_up(rt, r);
        return -1;
    }
    return trace_finish(rt, r);
}

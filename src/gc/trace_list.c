#include "gc/children.h"
#include "gc/run.h"

enum { PREFETCH = 8 };

/* The generations of a run in the order of its finalizers: its own, then the younger ones. */
static int generation_at(int g, int i) {
    return i == 0 ? g : i - 1;
}

int trace_gather(struct hgc_runtime *rt, struct run *r) {
    size_t count = 0;
    for (int k = 0; k <= r->generation; k++)
        count += rt->noted[k].count;
    if (vector_reserve(&r->members, count + 1))
        return -1;
    for (int i = 0; i <= r->generation; i++) {
        int k = generation_at(r->generation, i);
        struct vector *list = &rt->noted[k];
        for (size_t j = 0; j < list->count; j++) {
            struct hgc_object *o = list->items[j];
            o->flags &= (uint8_t)~flag_noted(k);
            if (!(o->flags & FLAG_TRACKED) || o->generation != k)
                continue; /* stale */
            o->flags |= FLAG_IN_RUN;
            r->members.items[r->members.count++] = o;
        }
        vector_clear(list);
    }
    return 0;
}

void trace_give_up(struct hgc_runtime *rt, struct run *r) {
    for (size_t i = 0; i < r->members.count; i++) {
        struct hgc_object *o = r->members.items[i];
        *scratch_of(o) = 0;
        o->flags &= (uint8_t)~FLAG_IN_RUN;
        object_note_surely(rt, o);
    }
    scratch_fini(&r->scratch);
    vector_clear(&r->members);
    vector_clear(&r->stack);
}

/* --- counting --- */

static int count_member(struct hgc_object *child, void *arg) {
    struct run *r = arg;
    if (child->flags & FLAG_IN_RUN)
        scratch_count(&r->scratch, child);
    return 0;
}

/* In a full run, what members refer to becomes a member. */
static int count_reached(struct hgc_object *child, void *arg) {
    struct run *r = arg;
    if (!(child->flags & FLAG_TRACKED) || child->generation == FROZEN)
        return 0;
    if (!(child->flags & FLAG_IN_RUN)) {
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

int trace_count(struct run *r, struct vector *members, size_t limit) {
    int result = 0;
    if (members == &r->members && r->generation == OLDEST) {
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

int trace_mark(struct hgc_runtime *rt, struct run *r, const struct vector *members) {
    for (size_t i = 0; i < members->count; i++) {
        struct hgc_object *o = members->items[i];
        if (!run_has(o) || o->refcount <= scratch_get(&r->scratch, o))
            continue;
        if (reach(o, r) || trace_drain(rt, r, NULL))
            return -1;
    }
    return 0;
}

void trace_forget(struct run *r, const struct vector *members) {
    for (size_t i = 0; i < members->count; i++)
        *scratch_of(members->items[i]) = 0;
    scratch_fini(&r->scratch);
}

/* --- afterwards --- */

void trace_promote(struct hgc_runtime *rt, const struct run *r, struct hgc_object *o) {
    int next = r->generation < OLDEST ? r->generation + 1 : OLDEST;
    if (o->generation != next) {
        rt->tracked[o->generation]--;
        rt->tracked[next]++;
        o->generation = (uint8_t)next;
    }
    if (r->generation < OLDEST)
        object_note_surely(rt, o);
}

static int divide(struct hgc_runtime *rt, struct run *r) {
    if (vector_reserve(&r->trash, 1))
        return -1;
    for (size_t i = 0; i < r->members.count; i++) {
        struct hgc_object *o = r->members.items[i];
        if (run_has(o) && vector_push(&r->trash, o))
            return -1;
    }
    for (size_t i = 0; i < r->members.count; i++) {
        struct hgc_object *o = r->members.items[i];
        if (!(o->flags & FLAG_IN_RUN))
            trace_promote(rt, r, o);
    }
    r->examined = r->members.count;
    return 0;
}

int trace_finish(struct hgc_runtime *rt, struct run *r) {
    int failed = trace_mark(rt, r, &r->members);
    trace_forget(r, &r->members);
    if (failed || divide(rt, r)) {
        vector_clear(&r->trash);
        trace_give_up(rt, r);
        return -1;
    }
    return 0;
}

int trace_list(struct hgc_runtime *rt, struct run *r) {
    if (trace_count(r, &r->members, SIZE_MAX)) {
        trace_give_up(rt, r);
        return -1;
    }
    return trace_finish(rt, r);
}

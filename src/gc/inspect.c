/* Who refers to whom. */
#include "gc/check.h"
#include "gc/children.h"
#include "gc/run.h"
#include "gc/slices.h"
#include "heapline_objects.h"

/* Appends the tracked objects of the generations that `wanted` wants, but for the trash of the
 * collection in progress, to a new list. */
struct search {
    struct hgc_object *result;
    int first, last; /* generations */
    struct hgc_object *const *objects;
    size_t count;
};

static int is_listed(const struct hgc_object *o, const struct search *s) {
    return (o->flags & (FLAG_TRACKED | FLAG_IN_RUN)) == FLAG_TRACKED && o != s->result &&
           object_generation(o) >= s->first && object_generation(o) <= s->last;
}

static int is_wanted(struct hgc_object *child, void *arg) {
    const struct search *s = arg;
    for (size_t i = 0; i < s->count; i++)
        if (s->objects[i] == child)
            return 1;
    return 0;
}

static struct hgc_object *search(struct hgc_runtime *rt, struct search *s) {
    s->result = hgc_list_new(rt, NULL, 0);
    if (!s->result)
        return NULL;
    struct slab_slot_cursor c = {.next = 0};
    struct hgc_object *o;
    while ((o = slab_next_slot(&rt->slabs, RESERVE_CYCLIC, &c))) {
        if (!is_listed(o, s))
            continue;
        if (s->objects && !children_visit(o, rt->types[o->type], is_wanted, s))
            continue;
        if (hgc_list_append(s->result, o)) {
            hgc_decref(s->result);
            return NULL;
        }
    }
    return s->result;
}

struct hgc_object *hgc_get_objects(struct hgc_runtime *rt, int generation) {
    check_owner(rt);
    if (generation < -1 || generation > OLDEST) {
        gc_fail(rt, HEAPLINE_BAD_ARGUMENT, NULL, "invalid generation");
        return NULL;
    }
    struct search s = {.first = generation < 0 ? 0 : generation,
                       .last = generation < 0 ? OLDEST : generation};
    return search(rt, &s);
}

struct hgc_object *hgc_get_referrers(struct hgc_runtime *rt, struct hgc_object *const *objs,
                                     size_t n) {
    check_owner(rt);
    if (!n)
        return hgc_list_new(rt, NULL, 0);
    struct search s = {.last = OLDEST, .objects = objs, .count = n};
    return search(rt, &s);
}

static int append(struct hgc_object *child, void *list) {
    return hgc_list_append(list, child);
}

struct hgc_object *hgc_get_referents(struct hgc_runtime *rt, struct hgc_object *const *objs,
                                     size_t n) {
    check_owner(rt);
    struct hgc_object *list = hgc_list_new(rt, NULL, 0);
    for (size_t i = 0; list && i < n; i++) {
        const struct hgc_type *t = type_of(objs[i]);
        if (t->cyclic && children_visit(objs[i], t, append, list)) {
            hgc_decref(list);
            list = NULL;
        }
    }
    return list;
}

/* --- a path --- */

/* Breadth first; for each object found, the place of the one that led to it. */
struct path {
    struct vector objects, parents;
    size_t current;
    const struct hgc_object *to;
};

/* Of objects that collections do not look at, the flag of a collection says it. */
static int is_seen(const struct hgc_object *o) {
    return reserve_is_cyclic(o) ? *scratch_of(o) : o->flags & FLAG_IN_RUN;
}

static void set_seen(struct hgc_object *o, int seen) {
    if (reserve_is_cyclic(o))
        *scratch_of(o) = seen ? SCRATCH_REACHED : 0;
    else
        o->flags = (uint8_t)((o->flags & ~FLAG_IN_RUN) | (seen ? FLAG_IN_RUN : 0));
}

static int find(struct hgc_object *child, void *arg) {
    struct path *p = arg;
    int is_end = child == p->to;
    if (!is_end && (type_of(child)->kind == KIND_LEAF || is_seen(child)))
        return 0;
    if (vector_push(&p->objects, child) || vector_push(&p->parents, (void *)p->current))
        return -1;
    set_seen(child, 1);
    return is_end;
}

static void reverse(struct list *l) {
    for (size_t low = 0, high = l->count - 1; low < high; low++, high--) {
        struct hgc_object *moved = l->items[low];
        l->items[low] = l->items[high];
        l->items[high] = moved;
    }
}

/* Puts what led to the last object found into an empty list. */
static int list_path(struct hgc_object *list, const struct path *p) {
    size_t i = p->objects.count - 1;
    while (hgc_list_append(list, p->objects.items[i]) == 0) {
        if (i == 0) {
            reverse((struct list *)list);
            return 0;
        }
        i = (size_t)p->parents.items[i];
    }
    return -1;
}

static int find_path(struct hgc_object *from, struct path *p) {
    int found = find(from, p);
    for (; !found && p->current < p->objects.count; p->current++) {
        struct hgc_object *o = p->objects.items[p->current];
        found = children_visit(o, type_of(o), find, p);
    }
    for (size_t i = 0; i < p->objects.count; i++)
        set_seen(p->objects.items[i], 0);
    return found;
}

/* The list is made first: that may run user code. */
struct hgc_object *hgc_find_path(struct hgc_runtime *rt, struct hgc_object *from,
                                 struct hgc_object *to) {
    check_owner(rt);
    struct path p = {.to = to};
    struct hgc_object *list = hgc_list_new(rt, NULL, 0);
    if (!list)
        return NULL;
    slices_give_up(rt, 1); /* it uses the scratch, too */
    int found = find_path(from, &p);
    if (found > 0)
        found = list_path(list, &p);
    vector_fini(&p.objects);
    vector_fini(&p.parents);
    if (found < 0) {
        gc_fail_memory(rt);
        hgc_decref(list);
        return NULL;
    }
    return list;
}

/* The collector that the real one is checked against: the same definition of trash, found in the
 * simplest way. Every tracked object of the generations is listed by address; references are
 * counted by looking children up in that list. Slow, and independent of lists, scratch and flags.
 */
#include <stdlib.h>
#include "gc/children.h"
#include "gc/fail.h"
#include "gc/pages.h"
#include "gc/stress.h"

struct reference {
    struct hgc_object **objects; /* by address */
    uint64_t *found;             /* references from the others; REACHED */
    size_t count, capacity;
    struct vector stack;
};
#define REACHED UINT64_MAX

/* One runtime of a thread collects at a time. */
static __thread struct reference expected;

static size_t index_of(const struct reference *x, const struct hgc_object *o) {
    size_t low = 0, high = x->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (x->objects[middle] < o)
            low = middle + 1;
        else
            high = middle;
    }
    return low < x->count && x->objects[low] == o ? low : SIZE_MAX;
}

static void list_objects(struct hgc_runtime *rt, struct reference *x, int generation) {
    struct slab_slot_cursor c = {.next = 0};
    struct hgc_object *o;
    while ((o = slab_next_slot(&rt->slabs, RESERVE_CYCLIC, &c))) {
        if (o->flags & FLAG_TRACKED && object_generation(o) <= generation)
            x->objects[x->count++] = o;
    }
}

static int count(struct hgc_object *child, void *arg) {
    struct reference *x = arg;
    size_t i = index_of(x, child);
    if (i != SIZE_MAX && ++x->found[i] > child->refcount)
        stress_fail("more references than its count says", child);
    return 0;
}

static int reach(struct hgc_object *child, void *arg) {
    struct reference *x = arg;
    size_t i = index_of(x, child);
    if (i != SIZE_MAX && x->found[i] != REACHED) {
        x->found[i] = REACHED;
        if (vector_push(&x->stack, child))
            stress_fail("no memory for the check", NULL);
    }
    return 0;
}

static void mark(struct reference *x) {
    for (size_t i = 0; i < x->count; i++) {
        if (x->found[i] == REACHED || x->objects[i]->refcount <= x->found[i])
            continue;
        reach(x->objects[i], x);
        while (x->stack.count) {
            struct hgc_object *o = x->stack.items[--x->stack.count];
            children_visit(o, type_of(o), reach, x);
        }
    }
}

static void release(struct reference *x) {
    if (x->capacity) {
        pages_free(x->objects, x->capacity * sizeof *x->objects);
        pages_free(x->found, x->capacity * sizeof *x->found);
    }
    vector_fini(&x->stack);
    *x = (struct reference){0};
}

void reference_predict(struct hgc_runtime *rt, const struct run *r) {
    struct reference *x = &expected;
    int64_t countdown = gc_fail_countdown;
    gc_fail_countdown = 0;
    release(x);
    for (int g = 0; g <= SLICED; g++)
        x->capacity += (size_t)rt->tracked[g];
    x->capacity++;
    x->objects = pages_alloc(x->capacity * sizeof *x->objects);
    x->found = pages_alloc(x->capacity * sizeof *x->found);
    if (!x->objects || !x->found)
        stress_fail("no memory for the check", NULL);
    list_objects(rt, x, r->generation);
    for (size_t i = 0; i < x->count; i++)
        children_visit(x->objects[i], type_of(x->objects[i]), count, x);
    mark(x);
    gc_fail_countdown = countdown;
}

void reference_compare(struct hgc_runtime *rt, const struct run *r) {
    (void)rt;
    struct reference *x = &expected;
    size_t trash = 0;
    for (size_t i = 0; i < x->count; i++) {
        int wanted = x->found[i] != REACHED, found = x->objects[i]->flags & FLAG_IN_RUN;
        if (wanted && !found)
            stress_fail("trash that no list led to", x->objects[i]);
        if (!wanted && found)
            stress_fail("taken for trash", x->objects[i]);
        trash += (size_t)wanted;
    }
    if (trash != r->trash.count)
        stress_fail("the trash holds something else", NULL);
    release(x);
}

void reference_confirm(struct hgc_runtime *rt, const struct run *r) {
    (void)rt;
    struct reference *x = &expected;
    for (size_t i = 0; i < r->trash.count; i++) {
        size_t at = index_of(x, r->trash.items[i]);
        if (at == SIZE_MAX || x->found[at] == REACHED)
            stress_fail("taken for trash", r->trash.items[i]);
    }
    release(x);
}

/* gc-programs FIRST COUNT: runs random programs on the object runtime and prints each operation,
 * then what could be observed. gc-python.py does the same operations in Python and compares.
 *
 * A program has variables, weak references and objects with two fields, a finalizer or none. What
 * finalizers and callbacks do is drawn beforehand, and what comes of it does not depend on their
 * order, which in one collection may differ from Python's: a program's finalizers either resurrect
 * and link, or unlink and collect. When automatic collections come is printed, not compared:
 * test-gc_automatic.c has a model of that. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "heapline_objects.h"

enum { VARIABLES = 10, WEAKREFS = 5, OBJECTS = 400, STEPS = 120 };
enum action { NOTHING, RESURRECT, LINK, UNLINK, COLLECT, ACTIONS };

struct node {
    struct hgc_object head;
    struct hgc_object *field[2];
    int64_t number;
};
static const uint16_t fields[] = {offsetof(struct node, field),
                                  offsetof(struct node, field) + sizeof(void *)};

static uint64_t seed;
static struct hgc_runtime *rt;
static struct hgc_type *types[2]; /* without and with a finalizer */
static struct hgc_object *variable[VARIABLES], *weakref[WEAKREFS], *resurrected[OBJECTS];
static enum action action_of[OBJECTS];
static int made, callbacks, gentle;
static int drops_itself[STEPS]; /* by callback: whether it drops the variable that calls it */

static unsigned below(unsigned n) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % n;
}

/* --- what can be observed --- */

static int explicit_run;
static int tell(struct hgc_runtime *runtime, int stop, const struct hgc_info *info, void *arg) {
    (void)runtime, (void)arg;
    if (!stop)
        printf("= %s %d\n", explicit_run ? "run" : "automatic", info->generation);
    else
        printf("= done %d %d\n", (int)info->collected, (int)info->uncollectable);
    return 0;
}

static void collect(int generation) {
    int outer = explicit_run;
    explicit_run = 1;
    printf("= returned %d\n", (int)hgc_collect(rt, generation));
    explicit_run = outer;
}

static int finalize(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime;
    struct node *n = (struct node *)self;
    printf("= F %d %d\n", (int)n->number, hgc_is_finalized(self));
    switch (action_of[n->number]) {
    case RESURRECT:
        hgc_assign(&resurrected[n->number], self);
        break;
    case LINK:
        if (!n->field[1]) /* dropping what is there would make the order matter */
            hgc_assign(&n->field[1], self);
        break;
    case UNLINK:
        hgc_assign(&n->field[0], NULL);
        break;
    case COLLECT:
        collect(2);
        break;
    default:
        break;
    }
    return 0;
}

static int call(struct hgc_runtime *runtime, struct hgc_object *w, void *arg) {
    (void)runtime;
    int number = (int)(intptr_t)arg;
    printf("= W %d %d\n", number, hgc_weakref_get(w) != NULL);
    for (int i = 0; drops_itself[number] && i < WEAKREFS; i++)
        if (weakref[i] == w)
            hgc_assign(&weakref[i], NULL);
    return 0;
}

/* --- operations --- */

static void make(unsigned v) {
    static const enum action actions[2][4] = {{NOTHING, RESURRECT, LINK, NOTHING},
                                              {NOTHING, UNLINK, COLLECT, NOTHING}};
    int finalized = below(3) == 0;
    if (made == OBJECTS)
        return;
    action_of[made] = actions[gentle][below(4)];
    printf("> new %u %d %d %d\n", v, made, finalized, action_of[made]);
    struct node *n = (struct node *)hgc_new(rt, types[finalized]);
    if (!n)
        abort();
    n->number = made++;
    hgc_assign(&variable[v], &n->head);
    hgc_decref(&n->head);
}

static void link_objects(unsigned from, unsigned field, unsigned to) {
    if (!variable[from])
        return;
    printf("> link %u %u %u\n", from, field, to);
    hgc_assign(&((struct node *)variable[from])->field[field], variable[to]);
}

static void link_weakref(unsigned from, unsigned field, unsigned w) {
    if (!variable[from])
        return;
    printf("> linkweak %u %u %u\n", from, field, w);
    hgc_assign(&((struct node *)variable[from])->field[field], weakref[w]);
}

/* The reference in a variable goes into a field; where that was empty, nothing else happens to the
 * owner. */
static void move(unsigned from, unsigned field, unsigned to) {
    struct hgc_object *owner = variable[from];
    if (!owner)
        return;
    printf("> move %u %u %u\n", from, field, to);
    struct hgc_object **place = &((struct node *)owner)->field[field], *old = *place;
    *place = variable[to];
    variable[to] = NULL;
    hgc_touch(owner);
    if (!old)
        return;
    hgc_incref(owner); /* as Python's local variable does */
    hgc_decref(old);
    hgc_decref(owner);
}

static void load(unsigned from, unsigned field, unsigned to) {
    if (!variable[from])
        return;
    struct hgc_object *o = ((struct node *)variable[from])->field[field];
    if (o && hgc_type_of(o) != types[0] && hgc_type_of(o) != types[1])
        return;
    printf("> load %u %u %u\n", from, field, to);
    hgc_assign(&variable[to], o);
}

static void make_weakref(unsigned w, unsigned v, int with_callback) {
    if (!variable[v])
        return;
    drops_itself[callbacks] = below(4) == 0;
    printf("> weak %u %u %d %d\n", w, v, with_callback ? callbacks : -1, drops_itself[callbacks]);
    struct hgc_object *made_here =
        hgc_weakref_new(rt, variable[v], with_callback ? call : NULL, (void *)(intptr_t)callbacks);
    callbacks += with_callback;
    hgc_assign(&weakref[w], made_here);
    hgc_decref(made_here);
}

/* The list comes first, since making it may bring a collection. */
static void look_at_all(void) {
    int count[3], population[3] = {0};
    struct hgc_stats stats[3];
    struct hgc_object *all = hgc_get_objects(rt, -1);
    for (int64_t i = 0; i < hgc_len(all); i++)
        population[hgc_get_generation(hgc_get_borrow(all, i))]++;
    hgc_decref(all);
    printf("= population %d %d %d\n", population[0], population[1], population[2]);
    hgc_get_count(rt, count);
    printf("= counts %d %d\n", count[1], count[2]);
    hgc_get_stats(rt, stats);
    for (int g = 0; g < 3; g++)
        printf("= stats %d %d %d\n", (int)stats[g].collections, (int)stats[g].collected,
               (int)stats[g].uncollectable);
}

static void look(unsigned v, unsigned w) {
    printf("> look %u %u\n", v, w);
    look_at_all();
    if (variable[v])
        printf("= object %d %u %d %d\n", (int)((struct node *)variable[v])->number,
               hgc_get_refcount(variable[v]), hgc_get_generation(variable[v]),
               hgc_is_finalized(variable[v]));
    struct hgc_object *referent = weakref[w] ? hgc_weakref_get(weakref[w]) : NULL;
    printf("= weakref %d\n", referent ? (int)((struct node *)referent)->number : -1);
    hgc_decref(referent);
}

static void set_thresholds(void) {
    int thresholds[] = {2 + (int)below(10), 1 + (int)below(3), 1 + (int)below(3)};
    hgc_set_threshold(rt, thresholds, 3);
}

static void step(void) {
    unsigned a = below(VARIABLES), b = below(VARIABLES), w = below(WEAKREFS), f = below(2);
    switch (below(25)) {
    case 0:
    case 1:
    case 2:
    case 3:
        make(a);
        break;
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
        link_objects(a, f, b);
        break;
    case 9:
    case 10:
        move(a, f, b);
        break;
    case 11:
    case 12:
    case 13:
        printf("> drop %u\n", a);
        hgc_assign(&variable[a], NULL);
        break;
    case 14:
        printf("> copy %u %u\n", a, b);
        hgc_assign(&variable[b], variable[a]);
        break;
    case 15:
        load(a, f, b);
        break;
    case 16:
        make_weakref(w, a, 1);
        break;
    case 17:
        make_weakref(w, a, 0);
        break;
    case 18:
        link_weakref(a, f, w);
        break;
    case 19:
        printf("> dropweak %u\n", w);
        hgc_assign(&weakref[w], NULL);
        break;
    case 20:
        printf("> collect %u\n", a % 3);
        collect((int)a % 3);
        break;
    case 21:
        if (below(8) == 0) {
            printf("> freeze\n");
            hgc_freeze(rt);
        } else if (below(4) == 0) {
            printf("> unfreeze\n");
            hgc_unfreeze(rt);
        }
        break;
    case 22:
        set_thresholds();
        break;
    default:
        look(a, w);
    }
}

static void begin(uint64_t program) {
    struct hgc_type_spec spec = {.name = "node",
                                 .size = sizeof(struct node),
                                 .flags = HGC_TYPE_GC | HGC_TYPE_WEAKREFS,
                                 .fields = fields,
                                 .nfields = 2};
    seed = program * UINT64_C(0x9e3779b97f4a7c15) + 1;
    below(2);
    rt = hgc_runtime_new(NULL);
    types[0] = hgc_type_new(rt, &spec);
    spec.finalize = finalize;
    types[1] = hgc_type_new(rt, &spec);
    made = callbacks = 0;
    gentle = (int)below(2);
    set_thresholds();
    if (below(3) == 0)
        hgc_disable(rt);
    hgc_add_callback(rt, tell, NULL);
    printf("> program %llu\n", (unsigned long long)program);
}

/* Everything is dropped and collected; what resurrects is dropped once more. The last collection,
 * and what the end of the runtime then finds alive, is Python's at its own end. */
static void finish(void) {
    hgc_disable(rt);
    printf("> finish\n");
    hgc_unfreeze(rt);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < VARIABLES; i++)
            hgc_assign(&variable[i], NULL);
        for (int i = 0; i < WEAKREFS; i++)
            hgc_assign(&weakref[i], NULL);
        for (int i = 0; i < made; i++)
            hgc_assign(&resurrected[i], NULL);
        collect(2);
    }
    for (int i = 0; i < made; i++)
        hgc_assign(&resurrected[i], NULL);
    printf("= last 2\n");
    printf("= left %d\n", (int)hgc_runtime_free(rt));
    memset(resurrected, 0, sizeof resurrected);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: gc-programs FIRST COUNT\n");
        return 2;
    }
    uint64_t first = strtoull(argv[1], NULL, 10), count = strtoull(argv[2], NULL, 10);
    for (uint64_t i = 0; i < count; i++) {
        begin(first + i);
        for (int j = 0; j < STEPS; j++)
            step();
        finish();
    }
    printf("> end\n");
    return 0;
}

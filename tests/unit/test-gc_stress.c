/* Random programs under the modes of stress.h: whatever they do, every collection finds exactly the
 * trash that the second collector finds, and nothing is left over at the end. */
#include "gc_fixture.h"
#include "gc/fail.h"

enum { ROOTS = 24, STEPS = 6000 };

static uint64_t seed;
static struct hgc_object *roots[ROOTS];
enum { FINALIZED_CLASS = 3, CLASSES };
static struct hgc_object *classes[CLASSES];
static struct hgc_type *custom_type, *legacy_type;
static int changes, collects_rarely;

static unsigned below(unsigned n) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % n;
}

static struct hgc_object **root(void) {
    return &roots[below(ROOTS)];
}

static void take_over(struct hgc_object **place, struct hgc_object *o) {
    hgc_assign(place, o);
    hgc_decref(o);
}

/* --- a type with functions of its own --- */

static int custom_traverse(struct hgc_object *self, hgc_visit_fn *visit, void *arg) {
    struct node *n = (struct node *)self;
    int result = n->a ? visit(n->a, arg) : 0;
    return result || !n->b ? result : visit(n->b, arg);
}

static void custom_clear(struct hgc_object *self) {
    hgc_assign(&((struct node *)self)->a, NULL);
    hgc_assign(&((struct node *)self)->b, NULL);
}

/* --- finalizers that do something: each is called once --- */

static int not_finalized; /* objects of fin_type and instances of classes with a finalizer */

/* Links, unlinks, resurrects, makes objects, collects, or nothing. */
static int busy_finalizer(struct hgc_runtime *runtime, struct hgc_object *self) {
    struct node *n = (struct node *)self;
    changes++;
    not_finalized -= hgc_type_of(self) == fin_type;
    switch (below(12)) {
    case 0:
        hgc_assign(root(), self);
        break;
    case 1:
        hgc_assign(root(), n->a);
        break;
    case 2:
        hgc_assign(&n->a, NULL);
        break;
    case 3:
        hgc_assign(&n->b, *root());
        break;
    case 4:
        hgc_collect(runtime, (int)below(3));
        break;
    case 5:
        hgc_assign(root(), NULL);
        break;
    case 6: {
        struct hgc_object *l = hgc_list_new(runtime, NULL, 0);
        if (l) {
            (void)hgc_list_append(l, l);
            (void)hgc_list_append(l, *root() ? *root() : l);
        }
        hgc_decref(l);
        break;
    }
    case 7:
        return -1;
    case 8: {
        struct hgc_object *w = hgc_weakref_new(runtime, self, NULL, NULL);
        if (w)
            take_over(root(), w);
        break;
    }
    default:
        break;
    }
    return 0;
}

static int instance_finalizer(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime;
    not_finalized--;
    if (!below(8))
        hgc_assign(root(), self);
    return 0;
}

static int busy_callback(struct hgc_runtime *runtime, struct hgc_object *weakref, void *arg) {
    (void)arg;
    ck_assert_ptr_null(hgc_weakref_get(weakref));
    changes++;
    switch (below(6)) {
    case 0:
        hgc_assign(root(), NULL);
        break;
    case 1:
        hgc_collect(runtime, (int)below(3));
        break;
    case 2:
        hgc_assign(root(), weakref);
        break;
    default:
        break;
    }
    return 0;
}

/* --- steps --- */

/* A slot that has been used before looks like any other. */
static struct hgc_object *make_node_of(struct hgc_type *type) {
    struct node *n = (struct node *)hgc_new(rt, type);
    if (!n)
        return NULL;
    ck_assert(!n->a && !n->b && !hgc_is_finalized(&n->head));
    not_finalized += type == fin_type;
    if (type != pair_type) {
        ck_assert_int_eq(n->number, 0);
        n->number = 1;
    }
    return &n->head;
}

static struct hgc_object *make_instance(struct hgc_object *cls) {
    struct hgc_object *o = hgc_instance_new(cls), **field = (struct hgc_object **)(o + 1);
    if (o && cls == classes[FINALIZED_CLASS]) {
        ck_assert(!field[0] && !field[1] && !field[2] && !field[3]);
        not_finalized++;
    }
    return o;
}

static struct hgc_object *make_of(struct hgc_object *const *some, size_t n) {
    switch (below(12)) {
    case 0:
        return make_node_of(below(2) ? plain_type : pair_type);
    case 1:
        return make_node_of(fin_type);
    case 2:
        return make_node_of(custom_type);
    case 3:
        return hgc_list_new(rt, some, n);
    case 4:
        return hgc_tuple_new(rt, some, n);
    case 5:
        return hgc_dict_new(rt);
    case 6:
        return make_instance(classes[below(CLASSES)]);
    case 7:
        return n ? hgc_weakref_new(rt, some[0], below(3) ? busy_callback : NULL, NULL) : NULL;
    case 8:
        return hgc_int_new(rt, below(1000));
    case 9:
        return below(20) ? NULL : make_node_of(legacy_type);
    case 10:
        return n ? hgc_iter(some[0]) : NULL;
    default:
        return make_node_of(slot_type);
    }
}

static struct hgc_object *make(void) {
    struct hgc_object *some[3];
    size_t n = 0;
    for (int i = 0; i < 3; i++)
        if ((some[n] = hgc_incref(*root())))
            n++;
    struct hgc_object *made = make_of(some, n);
    while (n)
        hgc_decref(some[--n]);
    return made;
}

static int is_node(const struct hgc_object *o) {
    return hgc_type_of(o) == plain_type || hgc_type_of(o) == fin_type ||
           hgc_type_of(o) == custom_type || hgc_type_of(o) == slot_type ||
           hgc_type_of(o) == legacy_type || hgc_type_of(o) == pair_type;
}

/* Whatever o is, something of it changes to refer to `to`; refusals do not matter. */
static void change(struct hgc_object *o, struct hgc_object *to) {
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    struct hgc_object *popped, *key;
    if (is_node(o))
        hgc_assign(below(2) ? &((struct node *)o)->a : &((struct node *)o)->b, to);
    else if (hgc_class_of_borrow(o))
        (void)(to && below(4) ? hgc_attr_set(o, names[below(5)], to)
                              : hgc_attr_delete(o, names[below(5)]));
    else if (to && below(4) && (key = hgc_int_new(rt, below(20) + 300))) {
        (void)(hgc_list_append(o, to) && hgc_dict_set(o, key, to));
        hgc_decref(key);
    } else if (below(2) && (popped = hgc_list_pop(o, -1)))
        hgc_decref(popped);
    else if (below(3))
        (void)hgc_list_delete(o, below(4), below(8));
    else
        (void)hgc_clear(o);
}

/* A reference that C code owned goes into a field; nothing else happens to the owner. */
static void move(void) {
    struct hgc_object **from = root(), *owner = *root();
    if (!owner || !is_node(owner) || !*from)
        return;
    struct hgc_object *old = ((struct node *)owner)->a;
    ((struct node *)owner)->a = *from;
    *from = NULL;
    hgc_touch(owner);
    hgc_decref(old);
}

/* Another class takes the place of one, which now dies with its last instance and takes its own
 * attributes along. */
static void change_class(void) {
    static const char *const names[] = {"a", "b"};
    unsigned i = below(FINALIZED_CLASS);
    struct hgc_object *o = make_node_of(fin_type);
    if (o)
        (void)hgc_attr_set(classes[i], names[below(2)], o);
    hgc_decref(o);
    o = hgc_class_new(rt, "Other", below(2) ? classes[0] : NULL, below(2) ? names : NULL, 2, NULL);
    if (o)
        take_over(&classes[i], o);
}

static void step(void) {
    struct hgc_object *o = NULL;
    switch (below(10)) {
    case 0:
    case 1:
    case 2:
        o = make();
        take_over(root(), o);
        break;
    case 3:
    case 4:
    case 5:
        o = hgc_incref(*root());
        if (o) {
            struct hgc_object *to = hgc_incref(*root());
            change(o, to);
            hgc_decref(to);
        }
        hgc_decref(o);
        break;
    case 6:
        hgc_assign(root(), NULL);
        break;
    case 7:
        hgc_assign(root(), *root());
        break;
    case 8:
        move();
        break;
    default:
        if (below(50) == 0)
            change_class();
        if (below(collects_rarely ? 150 : 8) == 0)
            hgc_collect(rt, (int)below(3));
        if (below(400) == 0) {
            hgc_freeze(rt);
            hgc_decref(hgc_get_objects(rt, -1));
        }
        if (below(100) == 0)
            hgc_unfreeze(rt);
    }
}

static void check_new_objects(void) {
    static const char *const names[] = {"a", "b", "c", "d"};
    struct hgc_type_spec spec = {.name = "custom",
                                 .size = sizeof(struct node),
                                 .flags = HGC_TYPE_GC | HGC_TYPE_WEAKREFS,
                                 .traverse = custom_traverse,
                                 .clear = custom_clear,
                                 .dealloc = custom_clear,
                                 .finalize = busy_finalizer};
    custom_type = hgc_type_new(rt, &spec);
    legacy_type = make_type("legacy", HGC_TYPE_GC | HGC_TYPE_LEGACY_FINALIZE | HGC_TYPE_WEAKREFS,
                            busy_finalizer);
    fin_type = make_type("busy", HGC_TYPE_GC | HGC_TYPE_WEAKREFS, busy_finalizer);
    classes[0] = hgc_class_new(rt, "Free", NULL, NULL, 0, NULL);
    classes[1] = hgc_class_new(rt, "Slots", NULL, names, 2, NULL);
    classes[2] = hgc_class_new(rt, "Derived", classes[0], names, 2, NULL);
    classes[FINALIZED_CLASS] = hgc_class_new(rt, "Finalized", NULL, names, 4, instance_finalizer);
    not_finalized = 0;
    for (int i = 0; i < CLASSES; i++)
        ck_assert_ptr_nonnull(classes[i]);
}

/* Ends with every root, cycle and uncollectable object gone. */
static void finish(void) {
    for (int i = 0; i < ROOTS; i++)
        hgc_assign(&roots[i], NULL);
    for (int i = 0; i < CLASSES; i++)
        hgc_assign(&classes[i], NULL);
    for (int round = 0; round < 1000; round++) {
        hgc_unfreeze(rt);
        hgc_clear(hgc_garbage_borrow(rt));
        for (int i = 0; i < ROOTS; i++)
            hgc_assign(&roots[i], NULL);
        struct hgc_object *all = hgc_get_objects(rt, -1);
        for (int64_t i = 0; i < hgc_len(all); i++)
            if (hgc_type_of(hgc_get_borrow(all, i)) == legacy_type) {
                hgc_assign(&((struct node *)hgc_get_borrow(all, i))->a, NULL);
                hgc_assign(&((struct node *)hgc_get_borrow(all, i))->b, NULL);
            }
        int64_t left = hgc_len(all);
        hgc_decref(all);
        hgc_collect(rt, 2);
        for (int i = 0; i < ROOTS; i++)
            left += roots[i] != NULL;
        if (!left) {
            ck_assert_int_eq(not_finalized, 0);
            return;
        }
    }
    ck_abort_msg("objects are left");
}

static void run_program(uint64_t program, unsigned stress, int steps) {
    seed = program * UINT64_C(0x9e3779b97f4a7c15) + 1;
    stress_set(rt, stress);
    check_new_objects();
    for (int i = 0; i < steps; i++)
        step();
    finish();
}

START_TEST(every_collection_finds_the_reference_collectors_trash) {
    run_program((uint64_t)_i, STRESS_CHECK | STRESS_POISON, STEPS);
    ck_assert_int_gt(changes, 0);
}
END_TEST

START_TEST(automatic_collections_too) {
    static const int often[] = {5, 2, 2};
    hgc_enable(rt);
    hgc_set_threshold(rt, often, 3);
    run_program((uint64_t)_i + 1000, STRESS_CHECK | STRESS_POISON, STEPS);
}
END_TEST

START_TEST(a_collection_at_every_allocation_changes_nothing) {
    run_program((uint64_t)_i + 2000, STRESS_CHECK | STRESS_POISON | STRESS_COLLECT, STEPS / 4);
}
END_TEST

/* The modes keep dead slots from being used again by the short way (gc/spare.h), so they are on for
 * collections only. */
START_TEST(spare_slots_change_nothing) {
    seed = (uint64_t)_i * UINT64_C(0x9e3779b97f4a7c15) + 3;
    stress_set(rt, 0);
    check_new_objects();
    for (int i = 0; i < STEPS; i++) {
        if (below(4) == 0)
            take_over(root(), below(3) ? make_node_of(below(2) ? plain_type : fin_type)
                                       : make_instance(classes[FINALIZED_CLASS]));
        else
            step();
        if (below(30))
            continue;
        stress_set(rt, STRESS_CHECK);
        hgc_collect(rt, (int)below(3));
        stress_set(rt, 0);
    }
    finish();
}
END_TEST

static void run_with_failures(uint64_t program, unsigned stress) {
    seed = program;
    stress_set(rt, stress);
    check_new_objects();
    for (int i = 0; i < STEPS; i++) {
        gc_fail_countdown = below(3) ? 0 : 1 + below(4);
        step();
    }
    gc_fail_countdown = 0;
    finish();
}

START_TEST(any_allocation_may_fail) {
    run_with_failures((uint64_t)_i, STRESS_CHECK | STRESS_POISON);
}
END_TEST

/* --- full runs in slices --- */

enum { IN_SLICES = STRESS_CHECK | STRESS_POISON | STRESS_SLICES };

static void work_in_slices(void) {
    hgc_set_pause(rt, 1);
    collects_rarely = 1;
}

/* Collections come often, and one of a few objects takes many slices. */
START_TEST(slices_free_nothing_that_lives) {
    static const int often[] = {5, 2, 2};
    hgc_enable(rt);
    hgc_set_threshold(rt, often, 3);
    work_in_slices();
    run_program((uint64_t)_i + 3000, IN_SLICES, 4 * STEPS);
}
END_TEST

START_TEST(a_slice_at_every_allocation_frees_nothing_that_lives) {
    work_in_slices();
    run_program((uint64_t)_i + 4000, IN_SLICES | STRESS_COLLECT, 4 * STEPS);
}
END_TEST

START_TEST(any_allocation_may_fail_between_slices) {
    work_in_slices();
    run_with_failures((uint64_t)_i + 5000, IN_SLICES | STRESS_COLLECT);
}
END_TEST

/* GC_PROGRAMS=N runs as many of each kind, none of them twice in different runs with GC_FIRST. */
static int number_of(const char *name, int otherwise) {
    const char *text = getenv(name);
    return text ? atoi(text) : otherwise;
}

static void add_tests(TCase *tests) {
    int first = number_of("GC_FIRST", 0), end = first + number_of("GC_PROGRAMS", 30);
    tcase_set_timeout(tests, 600);
    tcase_add_loop_test(tests, every_collection_finds_the_reference_collectors_trash, first, end);
    tcase_add_loop_test(tests, automatic_collections_too, first, end);
    tcase_add_loop_test(tests, a_collection_at_every_allocation_changes_nothing, first, end);
    tcase_add_loop_test(tests, spare_slots_change_nothing, first, end);
    tcase_add_loop_test(tests, any_allocation_may_fail, first, end);
    tcase_add_loop_test(tests, slices_free_nothing_that_lives, first, end);
    tcase_add_loop_test(tests, a_slice_at_every_allocation_frees_nothing_that_lives, first, end);
    tcase_add_loop_test(tests, any_allocation_may_fail_between_slices, first, end);
    /* Programs that have found something. This one: garbage whose slot a sliced run lists twice. */
    tcase_add_loop_test(tests, a_slice_at_every_allocation_frees_nothing_that_lives, 4001711,
                        4001712);
}

int main(void) {
    return run_suite("gc stress", add_tests);
}

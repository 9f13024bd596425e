/* G1 to G25 of the specification: what CPython's test_gc.py tests, in C. */
#include <pthread.h>
#include <unistd.h>
#include "gc_fixture.h"

/* --- standard error, caught --- */

static int real_stderr, caught[2];
static char text[8192];

static void catch_stderr(void) {
    ck_assert_int_eq(pipe(caught), 0);
    real_stderr = dup(2);
    dup2(caught[1], 2);
}

static const char *caught_text(void) {
    dup2(real_stderr, 2);
    close(real_stderr);
    close(caught[1]);
    size_t size = 0;
    ssize_t got;
    while (size < sizeof text - 1 &&
           (got = read(caught[0], text + size, sizeof text - 1 - size)) > 0)
        size += (size_t)got;
    text[size] = '\0';
    close(caught[0]);
    return text;
}

/* --- G1 to G10 --- */

START_TEST(g01_g02_containers_in_themselves) {
    drop_list_cycle();
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
    struct hgc_object *d = hgc_dict_new(rt);
    hgc_dict_set(d, hgc_int_new(rt, 1), d);
    drop(d);
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
    struct hgc_object *l = list(), *t = hgc_tuple_new(rt, &l, 1);
    push(l, t);
    drop(t);
    drop(l);
    ck_assert_int_eq(hgc_collect(rt, 2), 2);
}
END_TEST

START_TEST(g03_g04_classes_and_their_instances) {
    struct hgc_object *cls = hgc_class_new(rt, "A", NULL, NULL, 0, NULL);
    hgc_attr_set(cls, "self", cls);
    drop(cls);
    ck_assert_int_ne(hgc_collect(rt, 2), 0);
    cls = hgc_class_new(rt, "B", NULL, NULL, 0, NULL);
    struct hgc_object *o = hgc_instance_new(cls);
    hgc_attr_set(o, "o", o);
    drop(o);
    ck_assert_int_ne(hgc_collect(rt, 2), 0);
    o = hgc_instance_new(cls);
    hgc_attr_set(cls, "o", o);
    drop(o);
    drop(cls);
    ck_assert_int_ne(hgc_collect(rt, 2), 0);
    cls = hgc_class_new(rt, "C", NULL, NULL, 0, NULL);
    struct hgc_object *derived = hgc_class_new(rt, "D", cls, NULL, 0, NULL);
    hgc_attr_set(cls, "d", derived);
    drop(cls);
    drop(derived);
    ck_assert_int_ne(hgc_collect(rt, 2), 0);
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
}
END_TEST

START_TEST(g05_g07_g09_user_types) {
    struct node *method = slot();
    link_a(method, method);
    drop(method);
    ck_assert_int_ne(hgc_collect(rt, 2), 0);
    struct node *function = slot();
    struct hgc_object *globals = hgc_dict_new(rt), *name = hgc_intern(rt, "f");
    hgc_dict_set(globals, name, &function->head);
    link_a(function, globals);
    drop(function);
    drop(globals);
    drop(name);
    ck_assert_int_eq(hgc_collect(rt, 2), 2);
    struct node *frame = make_node(make_type("frame", HGC_TYPE_GC, NULL), 0);
    link_b(frame, frame);
    drop(frame);
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
}
END_TEST

static struct hgc_type *make_legacy(void) {
    return make_type("legacy", HGC_TYPE_GC | HGC_TYPE_LEGACY_FINALIZE, log_finalizer);
}

START_TEST(g06_legacy_finalizers_are_uncollectable) {
    struct node *a = make_node(make_legacy(), 1), *b = slot();
    struct hgc_object *garbage = hgc_garbage_borrow(rt);
    struct hgc_stats stats[3];
    link_a(a, a);
    link_b(a, b);
    drop(b);
    drop(a);
    drop_list_cycle();
    ck_assert_int_eq(hgc_collect(rt, 2), 3);
    hgc_get_stats(rt, stats);
    ck_assert_uint_eq(stats[2].uncollectable, 2);
    ck_assert_int_eq(hgc_len(garbage), 1);
    ck_assert_ptr_eq(hgc_get_borrow(garbage, 0), a);
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
    ck_assert_int_eq(hgc_len(garbage), 1);
    ck_assert_log_empty();
    link_a(a, NULL);
    hgc_clear(garbage);
    ck_assert_log(1);
}
END_TEST

/* A finalizer that meets an object in the middle of a collection finds it whole. */
static struct hgc_object *met;
static int look_at_peer(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime;
    const struct node *peer = (struct node *)((struct node *)self)->a;
    log_number(peer && peer->a == self);
    return 0;
}

START_TEST(g08_peers_are_whole_in_finalizers) {
    struct hgc_type *type = make_type("peer", HGC_TYPE_GC, look_at_peer);
    struct node *a = make_node(type, 0), *b = make_node(type, 0);
    link_a(a, b);
    link_a(b, a);
    drop(a);
    drop(b);
    ck_assert_int_eq(hgc_collect(rt, 2), 2);
    ck_assert_log(1, 1);
}
END_TEST

/* --- G11 to G16 --- */

static int allocate(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)self;
    hgc_decref(hgc_list_new(runtime, NULL, 0));
    return 0;
}

START_TEST(g11_finalizers_that_allocate_under_a_threshold_of_1) {
    static const int one[] = {1, 0, 0};
    struct hgc_type *type = make_type("a", HGC_TYPE_GC, allocate);
    hgc_set_threshold(rt, one, 3);
    hgc_enable(rt);
    for (int i = 0; i < 1000; i++) {
        struct node *n = make_node(type, 0);
        if (i % 2)
            link_a(n, n);
        drop(n);
    }
}
END_TEST

START_TEST(g12_g13_counts) {
    int count[3];
    hgc_collect(rt, 2);
    hgc_get_count(rt, count);
    ck_assert_int_eq(count[1] + count[2], 0);
    int before = count[0];
    struct hgc_object *l = list();
    hgc_get_count(rt, count);
    ck_assert_int_eq(count[0], before + 1);
    drop(l);
    hgc_get_count(rt, count);
    ck_assert_int_eq(count[0], before);
    static const int expected[][2] = {{1, 0}, {0, 1}, {0, 0}};
    for (int g = 0; g < 3; g++) {
        hgc_collect(rt, g);
        hgc_get_count(rt, count);
        ck_assert_int_eq(count[1], expected[g][0]);
        ck_assert_int_eq(count[2], expected[g][1]);
    }
}
END_TEST

static int collect_every_17th(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)self;
    log_count++;
    if (log_count % 17 == 0)
        hgc_collect(runtime, 2);
    return 0;
}

/* A dealloc of one's own recurses, to some depth. */
static void drop_fields(struct hgc_object *self) {
    hgc_assign(&((struct node *)self)->a, NULL);
    hgc_assign(&((struct node *)self)->b, NULL);
}
static int visit_fields(struct hgc_object *self, hgc_visit_fn *visit, void *arg) {
    struct node *n = (struct node *)self;
    int result = n->a ? visit(n->a, arg) : 0;
    return result || !n->b ? result : visit(n->b, arg);
}
static struct hgc_type *make_custom(struct hgc_runtime *runtime,
                                    int (*finalize)(struct hgc_runtime *, struct hgc_object *)) {
    struct hgc_type_spec spec = {.name = "custom",
                                 .size = sizeof(struct node),
                                 .flags = HGC_TYPE_GC,
                                 .traverse = visit_fields,
                                 .clear = drop_fields,
                                 .dealloc = drop_fields,
                                 .finalize = finalize};
    return hgc_type_new(runtime, &spec);
}

START_TEST(g14_nested_objects_whose_finalizers_collect) {
    enum { DEPTH = 150, CUSTOM_DEPTH = 200000 };
    struct hgc_type *type = make_type("n", HGC_TYPE_GC, collect_every_17th);
    for (int kind = 0; kind < 2; kind++) {
        struct hgc_object *o = list();
        for (int i = 0; i < DEPTH; i++) {
            struct node *n = make_node(type, 0);
            struct hgc_object *outer = kind ? hgc_dict_new(rt) : list();
            link_a(n, o);
            if (kind)
                hgc_dict_set(outer, hgc_none(rt), &n->head);
            else
                push(outer, n);
            drop(n);
            drop(o);
            o = outer;
        }
        drop(o);
        ck_assert_int_eq(log_count, DEPTH);
        log_count = 0;
    }
    struct hgc_type *custom = make_custom(rt, NULL);
    struct node *o = make_node(custom, 0);
    for (int i = 0; i < CUSTOM_DEPTH; i++) {
        struct node *outer = make_node(custom, 0);
        link_a(outer, o);
        drop(o);
        o = outer;
    }
    drop(o);
    struct hgc_object *left = hgc_get_objects(rt, -1);
    ck_assert_int_eq(hgc_len(left), 0);
    drop(left);
}
END_TEST

struct thread_counts {
    int inits, finalizers;
};
static __thread struct thread_counts *thread_counts;

static int count_finalizer(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime, (void)self;
    thread_counts->finalizers++;
    return 0;
}

static void build_and_drop(struct hgc_runtime *mine, struct hgc_type *type) {
    for (int round = 0; round < 200; round++) {
        struct hgc_object *o = NULL;
        for (int i = 0; i < 300; i++) {
            struct node *n = (struct node *)hgc_new(mine, type);
            thread_counts->inits++;
            hgc_assign(&n->a, o);
            if (i % 7 == 0)
                hgc_assign(&n->b, &n->head);
            hgc_decref(o);
            o = &n->head;
        }
        hgc_decref(o);
    }
}

static void *thread_body(void *arg) {
    thread_counts = arg;
    struct hgc_runtime *mine = hgc_runtime_new(NULL);
    ck_assert_ptr_nonnull(mine);
    struct hgc_type_spec spec = {.name = "n",
                                 .size = sizeof(struct node),
                                 .flags = HGC_TYPE_GC,
                                 .fields = node_fields,
                                 .nfields = 2,
                                 .finalize = count_finalizer};
    build_and_drop(mine, hgc_type_new(mine, &spec));
    ck_assert_int_eq(hgc_runtime_free(mine), 0);
    return NULL;
}

START_TEST(g15_threads_with_a_runtime_each) {
    pthread_t threads[2];
    struct thread_counts counts[2] = {{0}};
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, thread_body, &counts[i]), 0);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(counts[i].inits, 200 * 300);
        ck_assert_int_eq(counts[i].finalizers, counts[i].inits);
    }
}
END_TEST

static void *takes_over(void *arg) {
    ck_assert_int_eq(hgc_runtime_attach(rt), 0);
    drop_list_cycle();
    *(int64_t *)arg = hgc_collect(rt, 2);
    ck_assert_int_eq(hgc_runtime_detach(rt), 0);
    return NULL;
}

static void *tries_to_take(void *arg) {
    *(int64_t *)arg = hgc_runtime_attach(rt);
    return NULL;
}

static int64_t in_thread(void *(*body)(void *)) {
    pthread_t thread;
    int64_t result = 77;
    ck_assert_int_eq(pthread_create(&thread, NULL, body, &result), 0);
    pthread_join(thread, NULL);
    return result;
}

START_TEST(g15_a_runtime_is_handed_over) {
    ck_assert_int_eq(in_thread(tries_to_take), -1);
    drop_list_cycle();
    ck_assert_int_eq(hgc_runtime_detach(rt), 0);
    ck_assert_int_eq(hgc_runtime_detach(rt), -1);
    ck_assert_int_eq(in_thread(takes_over), 2);
    ck_assert_int_eq(hgc_runtime_attach(rt), 0);
    ck_assert_int_eq(hgc_runtime_attach(rt), 0);
}
END_TEST

static void *uses_without_owning(void *arg) {
    *(int64_t *)arg = hgc_collect(rt, 2);
    return NULL;
}

START_TEST(misuse_from_another_thread_ends_a_checked_process) {
    in_thread(uses_without_owning);
}
END_TEST

START_TEST(g16_the_collector_runs_no_code_to_look) {
    struct node *a = slot(), *b = slot();
    link_a(a, b);
    link_a(b, a);
    drop(a);
    drop(b);
    ck_assert_int_eq(hgc_collect(rt, 2), 2);
    ck_assert_int_eq(hgc_len(hgc_garbage_borrow(rt)), 0);
}
END_TEST

/* --- G17 to G19, G23 --- */

static int64_t count_in(struct hgc_object *l, void *o) {
    int64_t found = 0;
    for (int64_t i = 0; i < hgc_len(l); i++)
        found += hgc_get_borrow(l, i) == o;
    return found;
}

START_TEST(g17_referents) {
    struct hgc_object *one = hgc_int_new(rt, 1000), *items[] = {one, one, hgc_none(rt)};
    struct hgc_object *l = hgc_list_new(rt, items, 3), *t = hgc_tuple_new(rt, items, 2);
    struct hgc_object *d = hgc_dict_new(rt), *objs[] = {l, t, d, one};
    hgc_dict_set(d, one, t);
    struct hgc_object *found = hgc_get_referents(rt, objs, 4);
    ck_assert_int_eq(hgc_len(found), 3 + 2 + 2);
    ck_assert_int_eq(count_in(found, one), 5);
    ck_assert_int_eq(count_in(found, t), 1);
    drop(found);
    found = hgc_get_referents(rt, objs + 3, 1);
    ck_assert_int_eq(hgc_len(found), 0);
    drop(found);
    drop(d);
    drop(t);
    drop(l);
    drop(one);
}
END_TEST

START_TEST(referrers_and_paths) {
    struct node *a = slot(), *b = slot(), *c = slot();
    struct hgc_object *number = hgc_int_new(rt, 1000);
    link_a(a, b);
    link_a(b, c);
    link_b(c, number);
    link_b(a, a);
    struct hgc_object *objs[] = {&b->head, &c->head};
    struct hgc_object *found = hgc_get_referrers(rt, objs, 2);
    ck_assert_int_eq(hgc_len(found), 2);
    ck_assert_int_eq(count_in(found, a) + count_in(found, b), 2);
    drop(found);
    found = hgc_find_path(rt, &a->head, number);
    ck_assert_int_eq(hgc_len(found), 4);
    ck_assert_ptr_eq(hgc_get_borrow(found, 0), a);
    ck_assert_ptr_eq(hgc_get_borrow(found, 2), c);
    ck_assert_ptr_eq(hgc_get_borrow(found, 3), number);
    drop(found);
    found = hgc_find_path(rt, &c->head, &a->head);
    ck_assert_int_eq(hgc_len(found), 0);
    drop(found);
    found = hgc_find_path(rt, number, number);
    ck_assert_int_eq(hgc_len(found), 1);
    drop(found);
    drop(number);
    drop(c);
    drop(b);
    drop(a);
    hgc_collect(rt, 2);
}
END_TEST

START_TEST(g18_what_is_tracked) {
    struct hgc_object *atoms[] = {
        hgc_none(rt),         hgc_bool(rt, 1),           hgc_int_new(rt, 1),
        hgc_float_new(rt, 1), hgc_str_new(rt, "abc", 3), hgc_tuple_new(rt, NULL, 0),
        hgc_dict_new(rt)};
    for (size_t i = 0; i < sizeof atoms / sizeof *atoms; i++)
        ck_assert_int_eq(hgc_is_tracked(atoms[i]), 0);
    struct hgc_object *d = atoms[6], *l = list(), *t = hgc_tuple_new(rt, atoms, 2);
    hgc_dict_set(d, atoms[4], atoms[2]);
    ck_assert_int_eq(hgc_is_tracked(d), 0);
    hgc_dict_set(d, atoms[4], atoms[5]);
    ck_assert_int_eq(hgc_is_tracked(d), 0);
    hgc_dict_set(d, atoms[4], l);
    ck_assert_int_eq(hgc_is_tracked(d), 1);
    hgc_dict_delete(d, atoms[4]);
    ck_assert_int_eq(hgc_is_tracked(d), 1);
    ck_assert_int_eq(hgc_is_tracked(l), 1);
    ck_assert_int_eq(hgc_is_tracked(t), 1);
    struct node *n = slot();
    ck_assert_int_eq(hgc_is_tracked(&n->head), 1);
    drop(n);
    drop(l);
    drop(t);
    for (size_t i = 0; i < sizeof atoms / sizeof *atoms; i++)
        drop(atoms[i]);
}
END_TEST

static int keep_it(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime;
    log_number(hgc_is_finalized(self));
    hgc_assign(&met, self);
    return 0;
}

START_TEST(g19_what_is_finalized) {
    struct node *n = make_node(make_type("k", HGC_TYPE_GC, keep_it), 0);
    ck_assert_int_eq(hgc_is_finalized(&n->head), 0);
    drop(n);
    ck_assert_int_eq(hgc_is_finalized(met), 1);
    ck_assert_int_eq(hgc_get_generation(met), 0);
    hgc_assign(&met, NULL);
    ck_assert_int_eq(hgc_is_finalized(hgc_none(rt)), 0);
    n = make_node(make_type("k", HGC_TYPE_GC, keep_it), 0);
    link_a(n, n);
    drop(n);
    hgc_collect(rt, 2);
    ck_assert_log(0, 1);
    link_a((struct node *)met, NULL);
    hgc_assign(&met, NULL);
}
END_TEST

START_TEST(g23_objects_by_generation) {
    struct node *n[3];
    for (int g = 2; g >= 0; g--) {
        n[g] = slot();
        if (g)
            hgc_collect(rt, g - 1);
    }
    for (int g = 0; g < 3; g++) {
        struct hgc_object *found = hgc_get_objects(rt, g);
        ck_assert_int_eq(hgc_get_generation(&n[g]->head), g);
        ck_assert_int_eq(count_in(found, n[g]), 1);
        ck_assert_int_eq(count_in(found, n[(g + 1) % 3]), 0);
        ck_assert_int_eq(count_in(found, found), 0);
        drop(found);
    }
    struct hgc_object *all = hgc_get_objects(rt, -1);
    ck_assert_int_eq(hgc_len(all), 3);
    drop(all);
    static const int wrong[] = {3, -2, 1000, -1000};
    for (int i = 0; i < 4; i++) {
        ck_assert_ptr_null(hgc_get_objects(rt, wrong[i]));
        ck_assert_int_eq(hgc_error(rt)->code, HEAPLINE_BAD_ARGUMENT);
    }
    for (int g = 0; g < 3; g++)
        drop(n[g]);
}
END_TEST

/* --- G20 to G22 --- */

static struct hgc_object *watch;

static int look_through_weakref(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime, (void)self;
    struct hgc_object *o = hgc_weakref_get(watch);
    log_number(o != NULL);
    hgc_decref(o);
    return 0;
}

/* An old object that dies of the clearing of young trash meets only a dead weak reference. */
START_TEST(g20_nobody_sees_half_cleared_trash) {
    struct node *old = make_node(make_type("o", HGC_TYPE_GC, look_through_weakref), 0);
    hgc_collect(rt, 2);
    struct node *a = make_node(plain_type, 0), *b = make_node(plain_type, 1);
    link_a(a, b);
    link_a(b, a);
    link_b(a, old);
    drop(old);
    watch = hgc_weakref_new(rt, &b->head, NULL, NULL);
    drop(a);
    drop(b);
    ck_assert_int_eq(hgc_collect(rt, 0), 2);
    ck_assert_log(0);
    drop(watch);
}
END_TEST

static int cut_everything(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime;
    struct node *n = (struct node *)self, *peer = (struct node *)n->a;
    if (peer)
        hgc_assign(&peer->a, NULL);
    hgc_assign(&n->a, NULL);
    return 0;
}

START_TEST(g21_finalizers_may_change_the_cycle) {
    struct hgc_type *type = make_type("c", HGC_TYPE_GC, cut_everything);
    struct node *n[4];
    for (int i = 0; i < 4; i++)
        n[i] = make_node(type, i);
    for (int i = 0; i < 4; i++)
        link_a(n[i], n[(i + 1) % 4]);
    for (int i = 0; i < 4; i++)
        drop(n[i]);
    hgc_collect(rt, 2);
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
}
END_TEST

/* A runtime that ends with one uncollectable object and these debug flags. */
static const char *end_with_garbage(unsigned debug, int64_t *alive) {
    struct hgc_runtime *outer = rt;
    rt = hgc_runtime_new(NULL);
    struct node *n = make_node(make_legacy(), 1);
    link_a(n, n);
    drop(n);
    hgc_collect(rt, 2);
    hgc_set_debug(rt, debug);
    catch_stderr();
    *alive = hgc_runtime_free(rt);
    rt = outer;
    return caught_text();
}

START_TEST(g22_garbage_at_the_end_is_told) {
    int64_t alive;
    const char *said = end_with_garbage(0, &alive);
    ck_assert_ptr_nonnull(strstr(said, "gc: 1 uncollectable objects at shutdown"));
    ck_assert_ptr_null(strstr(said, "<legacy"));
    ck_assert_int_eq(alive, 1);
    said = end_with_garbage(HGC_DEBUG_UNCOLLECTABLE, &alive);
    ck_assert_ptr_nonnull(strstr(said, "uncollectable <legacy 0x"));
    ck_assert_str_eq(end_with_garbage(HGC_DEBUG_SAVEALL, &alive), "");
}
END_TEST

START_TEST(g22_cycles_are_finalized_at_the_end) {
    struct hgc_runtime *outer = rt;
    rt = hgc_runtime_new(NULL);
    hgc_disable(rt);
    struct hgc_type *type = make_type("fin", HGC_TYPE_GC, log_finalizer);
    struct node *a = make_node(type, 1), *held = make_node(type, 2);
    struct hgc_object *name = hgc_str_new(rt, "kept", 4);
    link_a(a, a);
    link_a(held, name);
    drop(name);
    drop(a);
    ck_assert_int_eq(hgc_runtime_free(rt), 2);
    rt = outer;
    ck_assert_log(1);
}
END_TEST

/* --- G24, G25 --- */

enum { MANY = 100 };
static struct hgc_object *cargo[MANY];
static int cargo_count;

static int save_itself(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime;
    hgc_assign(&cargo[cargo_count++], self);
    return 0;
}

START_TEST(g24_resurrection_once_and_with_all_it_reaches) {
    struct hgc_type *type = make_type("z", HGC_TYPE_GC, save_itself);
    for (int i = 0; i < MANY; i++) {
        struct node *z = make_node(type, i), *load = slot();
        link_a(z, z);
        link_b(z, load);
        link_a(load, z);
        drop(load);
        drop(z);
    }
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
    ck_assert_int_eq(cargo_count, MANY);
    for (int i = 0; i < MANY; i++) {
        ck_assert_ptr_eq(((struct node *)((struct node *)cargo[i])->b)->a, cargo[i]);
        hgc_assign(&cargo[i], NULL);
    }
    drop_list_cycle();
    ck_assert_int_eq(hgc_collect(rt, 2), 2 * MANY + 1);
    ck_assert_int_eq(cargo_count, MANY);
}
END_TEST

START_TEST(g24_resurrection_does_not_keep_others) {
    struct hgc_type *type = make_type("z", HGC_TYPE_GC, save_itself);
    cargo_count = 0;
    for (int i = 0; i < MANY; i++) {
        struct node *n = slot();
        link_a(n, n);
        drop(n);
    }
    struct node *z = make_node(type, 0);
    link_a(z, z);
    drop(z);
    ck_assert_int_eq(hgc_collect(rt, 2), MANY);
    hgc_assign(&cargo[0], NULL);
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
}
END_TEST

static int log_info(struct hgc_runtime *runtime, int stop, const struct hgc_info *info, void *arg) {
    (void)runtime;
    if (stop)
        log_number((int)((intptr_t)arg * 10000 + info->generation * 1000 + info->collected * 100 +
                         info->uncollectable));
    return 0;
}

START_TEST(g25_callbacks_hear_of_garbage) {
    struct hgc_type *legacy = make_legacy();
    hgc_add_callback(rt, log_info, (void *)1);
    hgc_add_callback(rt, log_info, (void *)2);
    hgc_collect(rt, 1);
    ck_assert_log(11000, 21000);
    for (int i = 0; i < 2; i++) {
        struct node *a = make_node(legacy, 5), *b = make_node(legacy, 6);
        link_a(a, b);
        link_a(b, a);
        drop(a);
        drop(b);
    }
    drop_list_cycle();
    ck_assert_int_eq(hgc_collect(rt, 2), 5);
    ck_assert_log(12104, 22104);
    ck_assert_int_eq(hgc_len(hgc_garbage_borrow(rt)), 4);
    for (int64_t i = 0; i < 4; i++)
        link_a((struct node *)hgc_get_borrow(hgc_garbage_borrow(rt), i), NULL);
    hgc_clear(hgc_garbage_borrow(rt));
    ck_assert_log(6, 5, 6, 5);
}
END_TEST

START_TEST(debug_lines_are_cpythons) {
    catch_stderr();
    hgc_set_debug(rt, HGC_DEBUG_STATS | HGC_DEBUG_COLLECTABLE);
    drop_list_cycle();
    hgc_collect(rt, 2);
    hgc_set_debug(rt, 0);
    const char *said = caught_text();
    ck_assert_ptr_nonnull(strstr(said, "gc: collecting generation 2...\n"
                                       "gc: objects in each generation: 1 0 0\n"
                                       "gc: objects in permanent generation: 0\n"
                                       "gc: collectable <list 0x"));
    ck_assert_ptr_nonnull(strstr(said, "gc: done, 1 unreachable, 0 uncollectable, 0.0"));
}
END_TEST

static int fail_loudly(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)self;
    hgc_set_error(runtime, HEAPLINE_BAD_STATE, "it is broken");
    return -1;
}

START_TEST(unraisable_errors_go_to_standard_error_without_a_hook) {
    hgc_set_unraisable(rt, NULL, NULL);
    catch_stderr();
    drop(make_node(make_type("loud", HGC_TYPE_GC, fail_loudly), 0));
    const char *said = caught_text();
    ck_assert_ptr_nonnull(strstr(said, "Error ignored in: <loud 0x"));
    ck_assert_ptr_nonnull(strstr(said, ": it is broken\n"));
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, g01_g02_containers_in_themselves);
    tcase_add_test(tests, g03_g04_classes_and_their_instances);
    tcase_add_test(tests, g05_g07_g09_user_types);
    tcase_add_test(tests, g06_legacy_finalizers_are_uncollectable);
    tcase_add_test(tests, g08_peers_are_whole_in_finalizers);
    tcase_add_test(tests, g11_finalizers_that_allocate_under_a_threshold_of_1);
    tcase_add_test(tests, g12_g13_counts);
    tcase_add_test(tests, g14_nested_objects_whose_finalizers_collect);
    tcase_add_test(tests, g15_threads_with_a_runtime_each);
    tcase_add_test(tests, g15_a_runtime_is_handed_over);
    tcase_add_test_raise_signal(tests, misuse_from_another_thread_ends_a_checked_process, 6);
    tcase_add_test(tests, g16_the_collector_runs_no_code_to_look);
    tcase_add_test(tests, g17_referents);
    tcase_add_test(tests, referrers_and_paths);
    tcase_add_test(tests, g18_what_is_tracked);
    tcase_add_test(tests, g19_what_is_finalized);
    tcase_add_test(tests, g23_objects_by_generation);
    tcase_add_test(tests, g20_nobody_sees_half_cleared_trash);
    tcase_add_test(tests, g21_finalizers_may_change_the_cycle);
    tcase_add_test(tests, g22_garbage_at_the_end_is_told);
    tcase_add_test(tests, g22_cycles_are_finalized_at_the_end);
    tcase_add_test(tests, g24_resurrection_once_and_with_all_it_reaches);
    tcase_add_test(tests, g24_resurrection_does_not_keep_others);
    tcase_add_test(tests, g25_callbacks_hear_of_garbage);
    tcase_add_test(tests, debug_lines_are_cpythons);
    tcase_add_test(tests, unraisable_errors_go_to_standard_error_without_a_hook);
}

int main(void) {
    return run_suite("gc upstream", add_tests);
}

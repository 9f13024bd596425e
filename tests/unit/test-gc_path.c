/* hgc_find_path: why an object is still alive. */
#include "gc_fixture.h"
#include "gc/fail.h"

/* The path from one object to the other has these objects in this order. */
static void check_path(void *from, void *to, void *const *objects, int n) {
    struct hgc_object *path = hgc_find_path(rt, from, to);
    ck_assert_ptr_nonnull(path);
    ck_assert_int_eq(hgc_len(path), n);
    for (int i = 0; i < n; i++)
        ck_assert_ptr_eq(hgc_get_borrow(path, i), objects[i]);
    drop(path);
}
#define ck_assert_path(from, to, ...)                                            \
    do {                                                                         \
        void *const objects_[] = {__VA_ARGS__};                                  \
        check_path(from, to, objects_, (int)(sizeof objects_ / sizeof(void *))); \
    } while (0)
#define ck_assert_no_path(from, to) check_path(from, to, NULL, 0)

/* --- what a path leads through --- */

START_TEST(through_fields) {
    struct node *a = slot(), *b = slot(), *c = slot();
    struct hgc_object *number = hgc_int_new(rt, 1000);
    link_a(a, b);
    link_b(b, c);
    link_a(c, number);
    ck_assert_path(a, number, a, b, c, number);
    ck_assert_path(b, c, b, c);
    ck_assert_no_path(c, a);
    drop(number);
    drop(c);
    drop(b);
    drop(a);
}
END_TEST

START_TEST(through_containers) {
    struct node *n = slot();
    struct hgc_object *l = hgc_list_new(rt, (struct hgc_object *[]){&n->head}, 1);
    struct hgc_object *t = hgc_tuple_new(rt, &l, 1), *d = hgc_dict_new(rt), *e = hgc_dict_new(rt);
    struct hgc_object *key = hgc_tuple_new(rt, (struct hgc_object *[]){&n->head}, 1);
    struct hgc_object *word = hgc_str_new(rt, "word", 4), *it = hgc_iter(t);
    ck_assert_int_eq(hgc_dict_set(d, word, t), 0);
    ck_assert_int_eq(hgc_dict_set(e, key, word), 0);
    ck_assert_path(d, n, d, t, l, n);
    ck_assert_path(e, n, e, key, n);
    ck_assert_path(it, n, it, t, l, n);
    ck_assert_path(d, word, d, word);
    ck_assert_path(e, word, e, word);
    struct hgc_object *all[] = {it, word, e, d, key, t, l, &n->head};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        drop(all[i]);
}
END_TEST

START_TEST(through_instances_and_classes) {
    static const char *const slots[] = {"x"};
    struct hgc_object *base = hgc_class_new(rt, "Base", NULL, NULL, 0, NULL);
    struct hgc_object *cls = hgc_class_new(rt, "Class", base, NULL, 0, NULL);
    struct hgc_object *fixed = hgc_class_new(rt, "Fixed", NULL, slots, 1, NULL);
    struct hgc_object *o = hgc_instance_new(cls), *f = hgc_instance_new(fixed);
    struct node *own = slot(), *shared = slot();
    ck_assert_int_eq(hgc_attr_set(o, "own", &own->head), 0);
    ck_assert_int_eq(hgc_attr_set(f, "x", o), 0);
    ck_assert_int_eq(hgc_attr_set(base, "shared", &shared->head), 0);
    ck_assert_path(f, own, f, o, own);
    ck_assert_path(f, fixed, f, fixed);
    struct hgc_object *path = hgc_find_path(rt, o, &shared->head);
    ck_assert_int_eq(hgc_len(path), 5); /* between the last two stands the dict of attributes */
    void *const expected[] = {o, cls, base};
    for (int i = 0; i < 3; i++)
        ck_assert_ptr_eq(hgc_get_borrow(path, i), expected[i]);
    ck_assert_ptr_eq(hgc_get_borrow(path, 4), shared);
    struct hgc_object *all[] = {path, &own->head, &shared->head, f, o, fixed, cls, base};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        drop(all[i]);
}
END_TEST

struct frame {
    struct hgc_object *kept;
};
static int yield_kept(struct hgc_runtime *runtime, struct hgc_object *generator, void *frame,
                      int how, struct hgc_object *sent, struct hgc_object **out) {
    (void)runtime, (void)generator, (void)sent;
    if (how == HGC_CLOSE)
        return 0;
    *out = hgc_incref(((struct frame *)frame)->kept);
    return 1;
}

START_TEST(through_generators) {
    static const uint16_t fields[] = {offsetof(struct frame, kept)};
    static const struct hgc_generator_spec spec = {
        .name = "g", .frame_size = sizeof(struct frame), fields, 1, yield_kept};
    struct node *n = slot();
    struct frame *frame;
    struct hgc_object *g = hgc_generator_new(rt, &spec, (void **)&frame), *out;
    hgc_assign(&frame->kept, &n->head);
    ck_assert_path(g, n, g, n);
    ck_assert_int_eq(hgc_next(g, &out), 1);
    drop(out);
    ck_assert_path(g, n, g, n);
    ck_assert_int_eq(hgc_close(g), 0);
    ck_assert_no_path(g, n);
    drop(g);
    drop(n);
}
END_TEST

static int visit_b(struct hgc_object *self, hgc_visit_fn *visit, void *arg) {
    const struct node *n = (struct node *)self;
    return n->b ? visit(n->b, arg) : 0;
}
static void drop_b(struct hgc_object *self) {
    hgc_assign(&((struct node *)self)->b, NULL);
}

START_TEST(through_types_with_functions_of_their_own) {
    struct hgc_type_spec spec = {.name = "custom",
                                 .size = sizeof(struct node),
                                 .flags = HGC_TYPE_GC,
                                 .traverse = visit_b,
                                 .clear = drop_b,
                                 .dealloc = drop_b};
    struct hgc_type *type = hgc_type_new(rt, &spec);
    struct node *a = make_node(type, 0), *b = make_node(type, 1);
    struct hgc_object *number = hgc_int_new(rt, 1000);
    link_b(a, b);
    link_b(b, number);
    ck_assert_path(a, number, a, b, number);
    drop(number);
    drop(b);
    drop(a);
}
END_TEST

/* The collector does not look at such objects, yet what they own lives. */
START_TEST(through_types_that_take_no_part_in_cycles) {
    struct hgc_type *type = make_type("outside", 0, NULL);
    struct node *a = slot(), *b = make_node(type, 0), *c = make_node(type, 1), *d = slot();
    struct hgc_object *number = hgc_int_new(rt, 1000);
    link_a(a, b);
    link_a(b, c);
    link_b(b, b);
    link_b(c, d);
    link_a(d, number);
    for (int i = 0; i < 2; i++) /* the first leaves no mark behind */
        ck_assert_path(a, number, a, b, c, d, number);
    ck_assert_path(b, d, b, c, d);
    ck_assert_no_path(d, c);
    link_b(b, NULL);
    drop(number);
    drop(d);
    drop(c);
    drop(b);
    drop(a);
}
END_TEST

/* --- which path --- */

START_TEST(the_shortest) {
    struct node *long_way[5], *from = slot(), *to = slot(), *between = slot();
    for (int i = 0; i < 5; i++) {
        long_way[i] = slot();
        link_a(i ? long_way[i - 1] : from, long_way[i]);
    }
    link_a(long_way[4], to);
    link_b(long_way[1], between);
    link_a(between, to);
    ck_assert_path(from, to, from, long_way[0], long_way[1], between, to);
    link_b(from, to);
    ck_assert_path(from, to, from, to);
    for (int i = 0; i < 5; i++)
        drop(long_way[i]);
    drop(between);
    drop(from);
    drop(to);
}
END_TEST

START_TEST(from_an_object_to_itself) {
    struct node *n = slot();
    struct hgc_object *number = hgc_int_new(rt, 1000);
    ck_assert_path(n, n, n);
    link_a(n, n);
    ck_assert_path(n, n, n);
    ck_assert_path(number, number, number);
    ck_assert_no_path(number, n);
    link_a(n, NULL);
    drop(number);
    drop(n);
}
END_TEST

START_TEST(none_to_what_only_c_code_holds) {
    struct node *held = slot(), *other = slot();
    struct hgc_object *w = hgc_weakref_new(rt, hgc_new(rt, plain_type), NULL, NULL);
    struct hgc_object *referent = hgc_weakref_get(w);
    link_a(held, other);
    link_b(held, w);
    ck_assert_no_path(other, held);
    ck_assert_no_path(held, referent); /* a weak reference is none */
    drop(referent);
    drop(referent);
    drop(w);
    drop(other);
    drop(held);
}
END_TEST

START_TEST(through_cycles) {
    enum { RING = 100 };
    struct node *n[RING], *aside = slot();
    struct hgc_object *apart = list();
    for (int i = 0; i < RING; i++)
        n[i] = slot();
    for (int i = 0; i < RING; i++) {
        link_a(n[i], n[(i + 1) % RING]);
        link_b(n[i], n[(i + RING - 1) % RING]);
    }
    hgc_assign(&n[RING / 2]->b, &aside->head);
    struct hgc_object *path = hgc_find_path(rt, &n[0]->head, &aside->head);
    ck_assert_int_eq(hgc_len(path), RING / 2 + 2);
    drop(path);
    ck_assert_no_path(n[0], apart);
    for (int i = 0; i < RING; i++)
        drop(n[i]);
    drop(aside);
    drop(apart);
    ck_assert_int_eq(hgc_collect(rt, 2), RING + 1);
}
END_TEST

START_TEST(a_million_deep) {
    enum { DEPTH = 1000000 };
    struct hgc_object *o = list(), *end = o;
    for (int i = 0; i < DEPTH; i++) {
        struct hgc_object *outer = i % 2 ? hgc_list_new(rt, &o, 1) : hgc_tuple_new(rt, &o, 1);
        drop(o);
        o = outer;
    }
    struct hgc_object *path = hgc_find_path(rt, o, end);
    ck_assert_int_eq(hgc_len(path), DEPTH + 1);
    for (int64_t i = 0; i < DEPTH; i++)
        ck_assert_ptr_eq(hgc_get_borrow(hgc_get_borrow(path, i), 0), hgc_get_borrow(path, i + 1));
    ck_assert_ptr_eq(hgc_get_borrow(path, DEPTH), end);
    ck_assert_uint_eq(hgc_get_refcount(end), 2);
    drop(path);
    drop(o);
}
END_TEST

/* --- when --- */

static int find_peer(struct hgc_runtime *runtime, struct hgc_object *self) {
    struct hgc_object *path = hgc_find_path(runtime, self, ((struct node *)self)->a);
    log_number((int)hgc_len(path));
    hgc_decref(path);
    return 0;
}

START_TEST(in_the_middle_of_a_collection) {
    struct hgc_type *type = make_type("finds", HGC_TYPE_GC, find_peer);
    struct node *a = make_node(type, 0), *b = make_node(type, 1);
    link_a(a, b);
    link_a(b, a);
    drop(a);
    drop(b);
    ck_assert_int_eq(hgc_collect(rt, 2), 2);
    ck_assert_log(2, 2);
}
END_TEST

/* Each allocation on the way fails once; nothing of the failed search is left. */
START_TEST(without_memory) {
    enum { N = 1500 };
    struct hgc_object *l = list();
    struct node *last = slot();
    for (int i = 0; i < N; i++) {
        struct node *n = slot();
        link_a(n, last);
        push(l, n);
        drop(last);
        last = n;
    }
    struct hgc_object *first = hgc_incref(((struct node *)hgc_get_borrow(l, 0))->a), *path = NULL;
    drop(l);
    int failures = 0;
    while (!path) {
        gc_fail_countdown = failures + 1;
        path = hgc_find_path(rt, &last->head, first);
        gc_fail_countdown = 0;
        if (!path) {
            ck_assert_int_eq(hgc_error(rt)->code, HEAPLINE_NO_MEMORY);
            ck_assert_int_eq(hgc_collect(rt, 2), 0); /* which looks for scratch left over */
            failures++;
        }
    }
    ck_assert_int_ge(failures, 4);
    ck_assert_int_eq(hgc_len(path), N + 1);
    drop(path);
    drop(first);
    drop(last);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, through_fields);
    tcase_add_test(tests, through_containers);
    tcase_add_test(tests, through_instances_and_classes);
    tcase_add_test(tests, through_generators);
    tcase_add_test(tests, through_types_with_functions_of_their_own);
    tcase_add_test(tests, through_types_that_take_no_part_in_cycles);
    tcase_add_test(tests, the_shortest);
    tcase_add_test(tests, from_an_object_to_itself);
    tcase_add_test(tests, none_to_what_only_c_code_holds);
    tcase_add_test(tests, through_cycles);
    tcase_add_test(tests, a_million_deep);
    tcase_add_test(tests, in_the_middle_of_a_collection);
    tcase_add_test(tests, without_memory);
}

int main(void) {
    return run_suite("gc path", add_tests);
}

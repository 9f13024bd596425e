/* The scenarios P32 to P39 of the specification: finalizers in collections. */
#include "gc_fixture.h"

START_TEST(p32_a_ring_is_finalized_in_order_of_creation) {
    struct node *n[5];
    for (int i = 0; i < 5; i++)
        n[i] = fin(i);
    for (int i = 0; i < 5; i++)
        link_a(n[i], n[(i + 1) % 5]);
    for (int i = 0; i < 5; i++)
        drop(n[i]);
    ck_assert_int_eq(hgc_collect(rt, 2), 5);
    ck_assert_log(0, 1, 2, 3, 4);
}
END_TEST

START_TEST(p33_creation_decides_not_links) {
    struct node *a = fin(1), *b = fin(2), *c = fin(3);
    link_a(c, b);
    link_a(b, a);
    link_a(a, c);
    drop(b);
    drop(c);
    drop(a);
    ck_assert_int_eq(hgc_collect(rt, 2), 3);
    ck_assert_log(1, 2, 3);
}
END_TEST

/* Across generations: the one collected, then the youngest, then the one between. */
START_TEST(generations_are_finalized_one_after_the_other) {
    struct node *n[3];
    static const int order[] = {0, 2, 1};
    for (int i = 0; i < 3; i++) {
        n[i] = fin(i);
        link_a(n[i], n[i]);
        if (i == 0)
            hgc_collect(rt, 2);
        if (i == 1)
            hgc_collect(rt, 0);
    }
    for (int i = 0; i < 3; i++)
        drop(n[i]);
    ck_assert_int_eq(hgc_collect(rt, 2), 3);
    ck_assert_log(order[0], order[1], order[2]);
}
END_TEST

START_TEST(p34_resurrection_in_a_collection) {
    struct node *z = make_node(make_phoenix(), 1);
    link_a(z, z);
    drop(z);
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
    ck_assert_ptr_eq(saved, z);
    ck_assert_int_eq(hgc_is_finalized(saved), 1);
    hgc_assign(&saved, NULL);
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
    ck_assert_log(1);
}
END_TEST

START_TEST(p35_resurrection_by_the_last_reference) {
    struct node *z = make_node(make_phoenix(), 1);
    drop(z);
    ck_assert_ptr_eq(saved, z);
    ck_assert_int_eq(hgc_is_finalized(saved), 1);
    ck_assert_int_eq(hgc_is_tracked(saved), 1);
    hgc_assign(&saved, NULL);
    ck_assert_log(1);
    ck_assert_ptr_null(saved);
}
END_TEST

static int unlink_itself(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime;
    hgc_assign(&((struct node *)self)->a, NULL);
    return 0;
}

START_TEST(p36_finalizers_that_break_their_cycle) {
    struct hgc_type *type = make_type("breaker", HGC_TYPE_GC | HGC_TYPE_WEAKREFS, unlink_itself);
    struct node *a = make_node(type, 0), *b = make_node(type, 1);
    struct hgc_object *w = hgc_weakref_new(rt, &a->head, NULL, NULL);
    link_a(a, b);
    link_a(b, a);
    drop(a);
    drop(b);
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
    ck_assert_ptr_null(hgc_weakref_get(w));
    drop(w);
}
END_TEST

static int collect_in_finalizer(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)self;
    log_number((int)hgc_collect(runtime, 2));
    return 0;
}

START_TEST(p37_a_collection_inside_a_collection_does_nothing) {
    struct node *a = make_node(make_type("c", HGC_TYPE_GC, collect_in_finalizer), 0);
    link_a(a, a);
    drop(a);
    drop_list_cycle();
    ck_assert_int_eq(hgc_collect(rt, 2), 2);
    ck_assert_log(0);
}
END_TEST

static int make_trash(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime, (void)self;
    drop_list_cycle();
    return 0;
}

START_TEST(p38_trash_of_finalizers_waits_for_the_next_run) {
    struct node *a = make_node(make_type("t", HGC_TYPE_GC, make_trash), 0);
    link_a(a, a);
    drop(a);
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
}
END_TEST

static int fail_in_finalizer(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)self;
    hgc_set_error(runtime, HEAPLINE_BAD_STATE, "no");
    return -1;
}

START_TEST(p39_errors_of_finalizers_are_reported_not_passed_on) {
    struct hgc_type *type = make_type("f", HGC_TYPE_GC, fail_in_finalizer);
    struct node *a = make_node(type, 0), *b = make_node(type, 1);
    link_a(a, b);
    link_a(b, a);
    drop(a);
    drop(b);
    hgc_set_error(rt, HEAPLINE_IO, "kept");
    ck_assert_int_eq(hgc_collect(rt, 2), 2);
    ck_assert_int_eq(unraisables, 2);
    ck_assert_int_eq(hgc_error(rt)->code, HEAPLINE_IO);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, p32_a_ring_is_finalized_in_order_of_creation);
    tcase_add_test(tests, p33_creation_decides_not_links);
    tcase_add_test(tests, generations_are_finalized_one_after_the_other);
    tcase_add_test(tests, p34_resurrection_in_a_collection);
    tcase_add_test(tests, p35_resurrection_by_the_last_reference);
    tcase_add_test(tests, p36_finalizers_that_break_their_cycle);
    tcase_add_test(tests, p37_a_collection_inside_a_collection_does_nothing);
    tcase_add_test(tests, p38_trash_of_finalizers_waits_for_the_next_run);
    tcase_add_test(tests, p39_errors_of_finalizers_are_reported_not_passed_on);
}

int main(void) {
    return run_suite("gc finalizers", add_tests);
}

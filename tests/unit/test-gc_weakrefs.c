/* The scenarios P40 to P44 of the specification: weak references in collections. */
#include "gc_fixture.h"

static int log_callback(struct hgc_runtime *runtime, struct hgc_object *w, void *arg) {
    (void)runtime;
    ck_assert_ptr_null(hgc_weakref_get(w));
    log_number((int)(intptr_t)arg);
    return 0;
}

static struct hgc_object *weak(void *o, int number) {
    struct hgc_object *w = hgc_weakref_new(rt, o, log_callback, (void *)(intptr_t)number);
    ck_assert_ptr_nonnull(w);
    return w;
}

START_TEST(p40_a_callback_comes_once) {
    struct node *a = make_node(plain_type, 0);
    link_a(a, a);
    struct hgc_object *w = weak(a, 1);
    drop(a);
    ck_assert_log_empty();
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
    ck_assert_log(1);
    ck_assert_ptr_null(hgc_weakref_get(w));
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
    ck_assert_log_empty();
    drop(w);
}
END_TEST

START_TEST(p41_a_weak_reference_in_the_trash_is_not_called) {
    struct node *a = make_node(plain_type, 0);
    struct hgc_object *w = weak(a, 1);
    link_a(a, a);
    link_b(a, w);
    drop(w);
    drop(a);
    ck_assert_int_eq(hgc_collect(rt, 2), 2);
    ck_assert_log_empty();
}
END_TEST

static struct hgc_object *pair[2];

static int both_dead(struct hgc_runtime *runtime, struct hgc_object *w, void *arg) {
    (void)runtime, (void)w, (void)arg;
    log_number(!hgc_weakref_get(pair[0]) && !hgc_weakref_get(pair[1]));
    return 0;
}

START_TEST(p42_all_are_cleared_before_the_first_callback) {
    struct node *a = make_node(plain_type, 0), *b = make_node(plain_type, 1);
    link_a(a, b);
    link_a(b, a);
    pair[0] = hgc_weakref_new(rt, &a->head, both_dead, NULL);
    pair[1] = hgc_weakref_new(rt, &b->head, both_dead, NULL);
    drop(a);
    drop(b);
    ck_assert_int_eq(hgc_collect(rt, 2), 2);
    ck_assert_log(1, 1);
    drop(pair[0]);
    drop(pair[1]);
}
END_TEST

START_TEST(p43_the_newest_callback_comes_first) {
    for (int cycle = 0; cycle < 2; cycle++) {
        struct node *a = make_node(plain_type, 0);
        struct hgc_object *w[3];
        if (cycle)
            link_a(a, a);
        for (int i = 0; i < 3; i++)
            w[i] = weak(a, i + 1);
        drop(a);
        if (cycle)
            ck_assert_int_eq(hgc_collect(rt, 2), 1);
        ck_assert_log(3, 2, 1);
        for (int i = 0; i < 3; i++)
            drop(w[i]);
    }
}
END_TEST

static int log_weakref_state(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime, (void)self;
    struct hgc_object *o = hgc_weakref_get(pair[0]);
    log_number(o ? 10 : 11);
    hgc_decref(o);
    return 0;
}

START_TEST(p44_callback_and_finalizer_change_places) {
    struct hgc_type *type = make_type("w", HGC_TYPE_GC | HGC_TYPE_WEAKREFS, log_weakref_state);
    struct node *a = make_node(type, 0);
    link_a(a, a);
    pair[0] = weak(a, 1);
    drop(a);
    hgc_collect(rt, 2);
    ck_assert_log(1, 11);
    drop(pair[0]);
    a = make_node(type, 0);
    pair[0] = weak(a, 1);
    drop(a);
    ck_assert_log(10, 1);
    drop(pair[0]);
}
END_TEST

static int free_itself(struct hgc_runtime *runtime, struct hgc_object *w, void *arg) {
    (void)runtime, (void)w;
    hgc_assign(arg, NULL);
    return 0;
}

START_TEST(a_weak_reference_that_its_callback_frees_counts) {
    struct node *a = make_node(plain_type, 0);
    link_a(a, a);
    pair[0] = hgc_weakref_new(rt, &a->head, free_itself, &pair[0]);
    drop(a);
    ck_assert_int_eq(hgc_collect(rt, 2), 2);
    ck_assert_ptr_null(pair[0]);
}
END_TEST

START_TEST(weak_references_without_callback_are_shared) {
    struct node *a = make_node(plain_type, 0);
    struct hgc_object *w = hgc_weakref_new(rt, &a->head, NULL, NULL);
    struct hgc_object *v = weak(a, 1), *again = hgc_weakref_new(rt, &a->head, NULL, NULL);
    ck_assert_ptr_eq(w, again);
    drop(again);
    drop(v);
    drop(a);
    ck_assert_log_empty();
    drop(w);
    struct hgc_object *l = list();
    ck_assert_ptr_null(hgc_weakref_new(rt, l, NULL, NULL));
    ck_assert_int_eq(hgc_error(rt)->code, HEAPLINE_BAD_TYPE);
    drop(l);
}
END_TEST

static int look_through_own_weakref(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime;
    struct hgc_object *o = hgc_weakref_get(((struct node *)self)->b);
    log_number(o != NULL);
    hgc_decref(o);
    return 0;
}

/* Also one to an object that lives. */
START_TEST(weak_references_in_the_trash_are_dead_in_finalizers) {
    struct hgc_type *type = make_type("l", HGC_TYPE_GC, look_through_own_weakref);
    struct node *live = make_node(plain_type, 0), *a = make_node(type, 1);
    struct hgc_object *w = weak(live, 1);
    link_a(a, a);
    link_b(a, w);
    drop(w);
    drop(a);
    ck_assert_int_eq(hgc_collect(rt, 2), 2);
    ck_assert_log(0);
    drop(live);
    ck_assert_log_empty();
}
END_TEST

static int make_weakrefs(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime;
    pair[0] = weak(self, 1);
    pair[1] = weak(((struct node *)self)->a, 2);
    return 0;
}

START_TEST(weak_references_made_by_a_finalizer_die_with_the_trash) {
    struct hgc_type *type = make_type("m", HGC_TYPE_GC | HGC_TYPE_WEAKREFS, make_weakrefs);
    struct node *a = make_node(type, 1), *b = make_node(plain_type, 2);
    link_a(a, b);
    link_a(b, a);
    drop(a);
    drop(b);
    ck_assert_int_eq(hgc_collect(rt, 2), 2);
    ck_assert_int_eq(log_count, 2);
    for (int i = 0; i < 2; i++) {
        ck_assert_ptr_null(hgc_weakref_get(pair[i]));
        drop(pair[i]);
    }
    log_count = 0;
}
END_TEST

static int ask_first(struct hgc_runtime *runtime, struct hgc_object *self) {
    pair[0] = hgc_weakref_new(runtime, ((struct node *)self)->b, NULL, NULL);
    return 0;
}

/* Making one brings a collection, whose finalizer makes one of the same object. */
START_TEST(a_shared_weak_reference_is_made_once) {
    struct node *shared = make_node(plain_type, 0);
    struct node *trash = make_node(make_type("asks", HGC_TYPE_GC, ask_first), 1);
    link_a(trash, trash);
    link_b(trash, shared);
    drop(trash);
    stress_set(rt, STRESS_CHECK | STRESS_POISON | STRESS_COLLECT);
    struct hgc_object *w = hgc_weakref_new(rt, &shared->head, NULL, NULL);
    stress_set(rt, STRESS_CHECK | STRESS_POISON);
    ck_assert_ptr_eq(w, pair[0]);
    ck_assert_uint_eq(hgc_get_refcount(w), 2);
    drop(w);
    drop(w);
    drop(shared);
}
END_TEST

/* As in CPython: what is called moves with the survivors, wherever it was. */
START_TEST(a_called_weak_reference_is_frozen_no_more) {
    for (int g = 0; g < 3; g++) {
        struct node *b = make_node(make_phoenix(), 2);
        struct hgc_object *w = weak(b, 3);
        hgc_freeze(rt);
        drop(b); /* its finalizer saves it, so it is young again, and then a cycle */
        link_a((struct node *)saved, saved);
        hgc_assign(&saved, NULL);
        ck_assert_int_eq(hgc_get_generation(w), 3);
        ck_assert_int_eq(hgc_collect(rt, g), 1);
        ck_assert_log(2, 3);
        ck_assert_int_eq(hgc_get_generation(w), g < 2 ? g + 1 : 2);
        ck_assert_int_eq(hgc_get_freeze_count(rt), 0);
        drop(w);
    }
}
END_TEST

/* As in CPython: what a legacy finalizer makes of itself dies with it, and is not called. */
static struct hgc_object *late;
static int watch_oneself(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime;
    late = weak((struct node *)self, 9);
    return 0;
}

START_TEST(a_weak_reference_made_by_a_legacy_finalizer_is_dead) {
    unsigned flags = HGC_TYPE_GC | HGC_TYPE_LEGACY_FINALIZE | HGC_TYPE_WEAKREFS;
    struct node *a = make_node(make_type("late", flags, watch_oneself), 1);
    drop(weak(a, 2));
    drop(a);
    ck_assert_log_empty();
    ck_assert_ptr_null(hgc_weakref_get(late));
    drop(late);
    hgc_collect(rt, 2);
    ck_assert_log_empty();
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, p40_a_callback_comes_once);
    tcase_add_test(tests, p41_a_weak_reference_in_the_trash_is_not_called);
    tcase_add_test(tests, p42_all_are_cleared_before_the_first_callback);
    tcase_add_test(tests, p43_the_newest_callback_comes_first);
    tcase_add_test(tests, p44_callback_and_finalizer_change_places);
    tcase_add_test(tests, a_weak_reference_that_its_callback_frees_counts);
    tcase_add_test(tests, weak_references_without_callback_are_shared);
    tcase_add_test(tests, weak_references_in_the_trash_are_dead_in_finalizers);
    tcase_add_test(tests, weak_references_made_by_a_finalizer_die_with_the_trash);
    tcase_add_test(tests, a_shared_weak_reference_is_made_once);
    tcase_add_test(tests, a_called_weak_reference_is_frozen_no_more);
    tcase_add_test(tests, a_weak_reference_made_by_a_legacy_finalizer_is_dead);
}

int main(void) {
    return run_suite("gc weakrefs", add_tests);
}

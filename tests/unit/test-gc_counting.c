/* The scenarios P01 to P26 of the specification: reference counts, the order of destruction, cycles
 * and what collections return. */
#include "gc_fixture.h"

static struct hgc_object *instance(struct hgc_object *cls) {
    struct hgc_object *o = hgc_instance_new(cls);
    ck_assert_ptr_nonnull(o);
    return o;
}

static struct hgc_object *make_class(void) {
    struct hgc_object *cls = hgc_class_new(rt, "C", NULL, NULL, 0, NULL);
    ck_assert_ptr_nonnull(cls);
    return cls;
}

static struct hgc_object *make_slot_class(void) {
    static const char *const slots[] = {"a", "b"};
    struct hgc_object *cls = hgc_class_new(rt, "S", NULL, slots, 2, NULL);
    ck_assert_ptr_nonnull(cls);
    return cls;
}

static void set(struct hgc_object *o, const char *name, void *value) {
    ck_assert_int_eq(hgc_attr_set(o, name, value), 0);
}

START_TEST(p01_a_new_object_has_one_reference) {
    struct hgc_object *a = list();
    ck_assert_uint_eq(hgc_get_refcount(a), 1);
    ck_assert_uint_eq(hgc_get_refcount(a), 1);
    drop(a);
}
END_TEST

START_TEST(p02_an_alias_counts) {
    struct hgc_object *a = list(), *b = hgc_incref(a);
    ck_assert_uint_eq(hgc_get_refcount(a), 2);
    drop(b);
    ck_assert_uint_eq(hgc_get_refcount(a), 1);
    drop(a);
}
END_TEST

START_TEST(p03_each_place_in_a_list_counts) {
    struct node *x = slot();
    struct hgc_object *l = list();
    ck_assert_uint_eq(hgc_get_refcount(&x->head), 1);
    for (int i = 0; i < 5; i++)
        push(l, x);
    ck_assert_uint_eq(hgc_get_refcount(&x->head), 6);
    ck_assert_int_eq(hgc_clear(l), 0);
    ck_assert_uint_eq(hgc_get_refcount(&x->head), 1);
    drop(l);
    drop(x);
}
END_TEST

START_TEST(p04_tuples_and_dicts_count) {
    struct node *x = slot();
    struct hgc_object *pair[] = {&x->head, &x->head};
    struct hgc_object *t = hgc_tuple_new(rt, pair, 2), *d = hgc_dict_new(rt);
    struct hgc_object *k = hgc_str_new(rt, "k", 1);
    ck_assert_int_eq(hgc_dict_set(d, k, &x->head), 0);
    ck_assert_uint_eq(hgc_get_refcount(&x->head), 4);
    drop(t);
    ck_assert_uint_eq(hgc_get_refcount(&x->head), 2);
    ck_assert_int_eq(hgc_dict_set(d, k, hgc_none(rt)), 0);
    ck_assert_uint_eq(hgc_get_refcount(&x->head), 1);
    drop(x);
    drop(d);
    drop(k);
}
END_TEST

START_TEST(p05_a_weak_reference_does_not_count) {
    struct node *x = make_node(plain_type, 0);
    struct hgc_object *w = hgc_weakref_new(rt, &x->head, NULL, NULL);
    ck_assert_uint_eq(hgc_get_refcount(&x->head), 1);
    struct hgc_object *again = hgc_weakref_get(w);
    ck_assert_ptr_eq(again, x);
    drop(again);
    drop(x);
    ck_assert_ptr_null(hgc_weakref_get(w));
    drop(w);
}
END_TEST

START_TEST(p06_a_finalizer_runs_at_once) {
    struct node *x = fin(0);
    log_number(100);
    drop(x);
    log_number(101);
    ck_assert_log(100, 0, 101);
}
END_TEST

START_TEST(p07_rebinding_releases_after_the_store) {
    struct hgc_object *x = &fin(0)->head;
    struct node *y = fin(1);
    log_number(100);
    hgc_assign(&x, &y->head);
    log_number(101);
    ck_assert_log(100, 0, 101);
    drop(x);
    drop(y);
    ck_assert_log(1);
}
END_TEST

static int finalize_instance(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime, (void)self;
    log_number(0);
    return 0;
}

START_TEST(p08_the_owner_goes_first_then_attributes_in_order) {
    struct hgc_object *cls = hgc_class_new(rt, "F", NULL, NULL, 0, finalize_instance);
    struct hgc_object *o = instance(cls);
    struct node *y = fin(1), *x = fin(2);
    set(o, "y", y);
    set(o, "x", x);
    drop(y);
    drop(x);
    drop(o);
    ck_assert_log(0, 1, 2);
    drop(cls);
}
END_TEST

START_TEST(p08_slots_go_in_the_order_of_their_names) {
    static const char *const slots[] = {"y", "x"};
    struct hgc_object *cls = hgc_class_new(rt, "F", NULL, slots, 2, finalize_instance);
    struct hgc_object *o = instance(cls);
    struct node *y = fin(1), *x = fin(2);
    set(o, "y", y);
    set(o, "x", x);
    drop(y);
    drop(x);
    drop(o);
    ck_assert_log(0, 2, 1);
    drop(cls);
}
END_TEST

/* Five objects of which the caller holds nothing but what `into` has taken. */
static void make_five(struct hgc_object *five[5]) {
    for (int i = 0; i < 5; i++)
        five[i] = &fin(i)->head;
}

static void drop_five(struct hgc_object *five[5]) {
    for (int i = 0; i < 5; i++)
        drop(five[i]);
}

START_TEST(p09_sequences_release_the_last_item_first) {
    struct hgc_object *five[5];
    make_five(five);
    struct hgc_object *l = hgc_list_new(rt, five, 5);
    drop_five(five);
    drop(l);
    ck_assert_log(4, 3, 2, 1, 0);
    make_five(five);
    struct hgc_object *t = hgc_tuple_new(rt, five, 5);
    drop_five(five);
    drop(t);
    ck_assert_log(4, 3, 2, 1, 0);
    make_five(five);
    l = hgc_list_new(rt, five, 5);
    drop_five(five);
    hgc_clear(l);
    ck_assert_log(4, 3, 2, 1, 0);
    drop(l);
    make_five(five);
    l = hgc_list_new(rt, five, 5);
    drop_five(five);
    ck_assert_int_eq(hgc_list_delete(l, 1, 4), 0);
    ck_assert_log(3, 2, 1);
    drop(l);
    ck_assert_log(4, 0);
}
END_TEST

START_TEST(p09_dicts_release_in_the_order_of_insertion) {
    for (int clear = 0; clear < 2; clear++) {
        struct hgc_object *five[5], *d = hgc_dict_new(rt);
        make_five(five);
        for (int i = 0; i < 5; i++)
            ck_assert_int_eq(hgc_dict_set(d, hgc_int_new(rt, 10 - i), five[i]), 0);
        drop_five(five);
        if (clear)
            hgc_clear(d);
        else
            drop(d);
        ck_assert_log(0, 1, 2, 3, 4);
        if (clear)
            drop(d);
    }
}
END_TEST

START_TEST(deleting_an_item_releases_the_key_first) {
    struct node *key = fin(1), *value = fin(2);
    struct hgc_object *d = hgc_dict_new(rt), *same = &key->head;
    ck_assert_int_eq(hgc_dict_set(d, &key->head, &value->head), 0);
    drop(value);
    drop(key);
    ck_assert_int_eq(hgc_dict_delete(d, same), 0);
    ck_assert_log(1, 2);
    drop(d);
}
END_TEST

static void function_with_locals(void) {
    struct node *a = fin(1), *b = fin(2);
    log_number(100);
    drop(a);
    drop(b);
}

START_TEST(p10_locals_die_after_the_body) {
    function_with_locals();
    ck_assert_log(100, 1, 2);
}
END_TEST

START_TEST(p11_a_list_in_itself_is_one_object) {
    drop_list_cycle();
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
}
END_TEST

START_TEST(p12_a_dict_in_itself_is_one_object) {
    struct hgc_object *d = hgc_dict_new(rt);
    ck_assert_int_eq(hgc_dict_set(d, hgc_int_new(rt, 1), d), 0);
    drop(d);
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
}
END_TEST

START_TEST(p13_a_tuple_and_a_list_are_two) {
    struct hgc_object *l = list(), *t = hgc_tuple_new(rt, &l, 1);
    push(l, t);
    drop(t);
    drop(l);
    ck_assert_int_eq(hgc_collect(rt, 2), 2);
}
END_TEST

START_TEST(p14_an_instance_in_itself_is_one) {
    struct hgc_object *cls = make_class(), *a = instance(cls);
    set(a, "me", a);
    drop(a);
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
    drop(cls);
}
END_TEST

START_TEST(p15_the_seeds_cycle_is_finalized_in_order_of_creation) {
    struct node *a = fin(1), *b = fin(2);
    link_a(a, b);
    link_a(b, a);
    drop(a);
    drop(b);
    log_number(100);
    ck_assert_int_eq(hgc_collect(rt, 2), 2);
    ck_assert_log(100, 1, 2);
    ck_assert_int_eq(hgc_len(hgc_garbage_borrow(rt)), 0);
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
}
END_TEST

static void drop_ring(int n, struct hgc_object *cls) {
    struct hgc_object *first = instance(cls), *last = hgc_incref(first);
    for (int i = 1; i < n; i++) {
        struct hgc_object *next = instance(cls);
        set(last, "next", next);
        drop(last);
        last = next;
    }
    set(last, "next", first);
    drop(last);
    drop(first);
}

START_TEST(p16_a_ring_counts_its_members) {
    static const int sizes[] = {1, 2, 3, 10, 1000, 20000};
    for (int slots = 0; slots < 2; slots++) {
        static const char *const names[] = {"next"};
        struct hgc_object *cls = hgc_class_new(rt, "R", NULL, slots ? names : NULL, slots, NULL);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            drop_ring(sizes[i], cls);
            ck_assert_int_eq(hgc_collect(rt, 2), sizes[i]);
        }
        drop(cls);
    }
}
END_TEST

START_TEST(p18_two_objects_with_slots_are_two) {
    struct hgc_object *cls = make_slot_class(), *a = instance(cls), *b = instance(cls);
    set(a, "a", b);
    set(b, "a", a);
    drop(a);
    drop(b);
    ck_assert_int_eq(hgc_collect(rt, 2), 2);
    drop(cls);
}
END_TEST

START_TEST(p19_a_chain_dies_from_its_head) {
    struct node *n[4];
    for (int i = 0; i < 4; i++)
        n[i] = fin(i);
    for (int i = 0; i < 3; i++) {
        link_a(n[i], n[i + 1]);
        drop(n[i + 1]);
    }
    drop(n[0]);
    ck_assert_log(0, 1, 2, 3);
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
}
END_TEST

START_TEST(p20_a_reference_from_outside_keeps_the_cycle) {
    struct node *a = slot(), *b = slot();
    link_a(a, b);
    link_a(b, a);
    struct hgc_object *k = hgc_incref(&a->head);
    drop(a);
    drop(b);
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
    drop(k);
    ck_assert_int_eq(hgc_collect(rt, 2), 2);
}
END_TEST

START_TEST(p21_what_hangs_on_a_cycle_counts_unless_it_is_an_atom) {
    struct hgc_object *cls = make_class(), *o = instance(cls), *l = list();
    set(o, "me", o);
    set(o, "list", l);
    for (int i = 0; i < 3; i++) {
        struct hgc_object *item = instance(cls);
        push(l, item);
        drop(item);
    }
    drop(l);
    drop(o);
    ck_assert_int_eq(hgc_collect(rt, 2), 5);
    l = list();
    struct hgc_object *text = hgc_str_new(rt, "some long string", 16);
    struct hgc_object *big = hgc_int_new(rt, INT64_C(1) << 60);
    push(l, l);
    push(l, text);
    push(l, big);
    drop(text);
    drop(big);
    drop(l);
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
    drop(cls);
}
END_TEST

/* A list that holds itself and `o`, both references given up. */
static void drop_list_with(struct hgc_object *o) {
    struct hgc_object *l = list();
    push(l, l);
    push(l, o);
    drop(o);
    drop(l);
}

START_TEST(p22_tuples_stay_tracked_and_dicts_of_atoms_are_not) {
    struct hgc_object *numbers[] = {hgc_int_new(rt, 1), hgc_int_new(rt, 2)};
    drop_list_with(hgc_tuple_new(rt, numbers, 2));
    ck_assert_int_eq(hgc_collect(rt, 2), 2);
    struct hgc_object *t = hgc_tuple_new(rt, numbers, 2);
    ck_assert_int_eq(hgc_collect(rt, 0), 0);
    drop_list_with(t);
    ck_assert_int_eq(hgc_collect(rt, 2), 2);
    struct hgc_object *d = hgc_dict_new(rt), *a = hgc_str_new(rt, "a", 1), *l = list();
    hgc_dict_set(d, a, numbers[0]);
    drop_list_with(d);
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
    d = hgc_dict_new(rt);
    hgc_dict_set(d, a, l);
    drop(l);
    drop_list_with(d);
    ck_assert_int_eq(hgc_collect(rt, 2), 3);
}
END_TEST

START_TEST(p23_survivors_grow_older) {
    static const int collected[] = {0, 0, 1, 1, 2}, generation[] = {1, 1, 2, 2, 2};
    struct node *o = slot();
    ck_assert_int_eq(hgc_get_generation(&o->head), 0);
    for (int i = 0; i < 5; i++) {
        hgc_collect(rt, collected[i]);
        ck_assert_int_eq(hgc_get_generation(&o->head), generation[i]);
    }
    drop(o);
}
END_TEST

START_TEST(p24_a_young_run_does_not_find_old_trash) {
    struct node *o = slot();
    link_a(o, o);
    hgc_collect(rt, 0);
    drop(o);
    ck_assert_int_eq(hgc_collect(rt, 0), 0);
    ck_assert_int_eq(hgc_collect(rt, 1), 1);
}
END_TEST

START_TEST(p25_old_trash_keeps_young_trash) {
    struct node *o = slot(), *y;
    link_a(o, o);
    hgc_collect(rt, 2);
    y = slot();
    link_a(y, y);
    link_b(o, y);
    drop(y);
    drop(o);
    ck_assert_int_eq(hgc_collect(rt, 0), 0);
    ck_assert_int_eq(hgc_collect(rt, 1), 0);
    ck_assert_int_eq(hgc_collect(rt, 2), 2);
}
END_TEST

START_TEST(p26_there_are_generations_0_to_2) {
    static const int wrong[] = {-1, 3, 99};
    struct hgc_stats before[3], after[3];
    hgc_get_stats(rt, before);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(hgc_collect(rt, wrong[i]), -1);
        ck_assert_int_eq(hgc_error(rt)->code, HEAPLINE_BAD_ARGUMENT);
    }
    hgc_get_stats(rt, after);
    ck_assert_int_eq(memcmp(before, after, sizeof before), 0);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, p01_a_new_object_has_one_reference);
    tcase_add_test(tests, p02_an_alias_counts);
    tcase_add_test(tests, p03_each_place_in_a_list_counts);
    tcase_add_test(tests, p04_tuples_and_dicts_count);
    tcase_add_test(tests, p05_a_weak_reference_does_not_count);
    tcase_add_test(tests, p06_a_finalizer_runs_at_once);
    tcase_add_test(tests, p07_rebinding_releases_after_the_store);
    tcase_add_test(tests, p08_the_owner_goes_first_then_attributes_in_order);
    tcase_add_test(tests, p08_slots_go_in_the_order_of_their_names);
    tcase_add_test(tests, p09_sequences_release_the_last_item_first);
    tcase_add_test(tests, p09_dicts_release_in_the_order_of_insertion);
    tcase_add_test(tests, deleting_an_item_releases_the_key_first);
    tcase_add_test(tests, p10_locals_die_after_the_body);
    tcase_add_test(tests, p11_a_list_in_itself_is_one_object);
    tcase_add_test(tests, p12_a_dict_in_itself_is_one_object);
    tcase_add_test(tests, p13_a_tuple_and_a_list_are_two);
    tcase_add_test(tests, p14_an_instance_in_itself_is_one);
    tcase_add_test(tests, p15_the_seeds_cycle_is_finalized_in_order_of_creation);
    tcase_add_test(tests, p16_a_ring_counts_its_members);
    tcase_add_test(tests, p18_two_objects_with_slots_are_two);
    tcase_add_test(tests, p19_a_chain_dies_from_its_head);
    tcase_add_test(tests, p20_a_reference_from_outside_keeps_the_cycle);
    tcase_add_test(tests, p21_what_hangs_on_a_cycle_counts_unless_it_is_an_atom);
    tcase_add_test(tests, p22_tuples_stay_tracked_and_dicts_of_atoms_are_not);
    tcase_add_test(tests, p23_survivors_grow_older);
    tcase_add_test(tests, p24_a_young_run_does_not_find_old_trash);
    tcase_add_test(tests, p25_old_trash_keeps_young_trash);
    tcase_add_test(tests, p26_there_are_generations_0_to_2);
}

int main(void) {
    return run_suite("gc counting", add_tests);
}

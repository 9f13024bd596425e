/* The scenarios P27 to P51 of the specification: counters and thresholds, finalizers and weak
 * references in collections, callbacks, freezing, memory. */
#include "gc_fixture.h"
#include "gc/slab.h"

/* --- counters --- */

START_TEST(p27_runs_are_counted_for_the_next_generation) {
    static const int collected[] = {0, 0, 0, 1, 0, 1, 0, 2};
    static const int expected[][2] = {{1, 0}, {2, 0}, {3, 0}, {0, 1},
                                      {1, 1}, {0, 2}, {1, 2}, {0, 0}};
    hgc_collect(rt, 2);
    for (int i = 0; i < 8; i++) {
        int count[3];
        hgc_collect(rt, collected[i]);
        hgc_get_count(rt, count);
        ck_assert_int_eq(count[1], expected[i][0]);
        ck_assert_int_eq(count[2], expected[i][1]);
    }
}
END_TEST

START_TEST(p28_statistics_belong_to_the_run) {
    struct hgc_stats s[3];
    hgc_get_stats(rt, s);
    ck_assert_uint_eq(s[0].collections + s[1].collections + s[2].collections, 0);
    drop_list_cycle();
    ck_assert_int_eq(hgc_collect(rt, 0), 1);
    hgc_get_stats(rt, s);
    ck_assert_uint_eq(s[0].collections, 1);
    ck_assert_uint_eq(s[0].collected, 1);
    ck_assert_uint_eq(s[1].collections + s[2].collections, 0);
    struct hgc_object *outer = list(), *inner[2] = {list(), list()};
    for (int i = 0; i < 2; i++) {
        push(outer, inner[i]);
        drop(inner[i]);
    }
    push(inner[0], outer);
    drop(outer);
    ck_assert_int_eq(hgc_collect(rt, 2), 3);
    hgc_get_stats(rt, s);
    ck_assert_uint_eq(s[2].collections, 1);
    ck_assert_uint_eq(s[2].collected, 3);
    ck_assert_uint_eq(s[0].collections, 1);
}
END_TEST

static int count_starts(struct hgc_runtime *runtime, int stop, const struct hgc_info *info,
                        void *arg) {
    (void)runtime, (void)info;
    *(int *)arg += !stop;
    return 0;
}

START_TEST(p29_a_threshold_of_50_is_exceeded_by_the_51st) {
    static const int thresholds[] = {50, 1000000, 1000000};
    struct node *kept[300];
    int runs = 0, seen = 0, last = 0, gaps = 0;
    hgc_collect(rt, 2);
    hgc_add_callback(rt, count_starts, &runs);
    hgc_set_threshold(rt, thresholds, 3);
    hgc_enable(rt);
    for (int i = 0; i < 300; i++) {
        kept[i] = slot();
        if (runs == seen)
            continue;
        if (seen++)
            ck_assert_int_eq(i - last, 51);
        gaps++;
        last = i;
    }
    ck_assert_int_eq(gaps, 5);
    hgc_disable(rt);
    hgc_remove_callback(rt, count_starts, &runs);
    for (int i = 0; i < 300; i++)
        drop(kept[i]);
}
END_TEST

static void make_lists(int n) {
    struct hgc_object *l = list();
    for (int i = 0; i < n; i++) {
        struct hgc_object *item = list();
        push(l, item);
        drop(item);
    }
    drop(l);
}

START_TEST(p30_a_threshold_of_0_and_disable_stop_automatic_runs) {
    const int zero = 0, five = 5;
    int runs = 0;
    hgc_add_callback(rt, count_starts, &runs);
    hgc_set_threshold(rt, &zero, 1);
    hgc_enable(rt);
    make_lists(5000);
    ck_assert_int_eq(runs, 0);
    hgc_disable(rt);
    hgc_set_threshold(rt, &five, 1);
    make_lists(1000);
    ck_assert_int_eq(runs, 0);
    drop_list_cycle();
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
}
END_TEST

static void check_thresholds(int a, int b, int c) {
    int t[3];
    hgc_get_threshold(rt, t);
    ck_assert_int_eq(t[0], a);
    ck_assert_int_eq(t[1], b);
    ck_assert_int_eq(t[2], c);
}

START_TEST(p31_thresholds_left_out_stay) {
    static const int some[] = {5, 6, 7, 8};
    check_thresholds(700, 10, 10);
    ck_assert_int_eq(hgc_set_threshold(rt, some, 1), 0);
    check_thresholds(5, 10, 10);
    ck_assert_int_eq(hgc_set_threshold(rt, some, 2), 0);
    check_thresholds(5, 6, 10);
    ck_assert_int_eq(hgc_set_threshold(rt, some, 0), -1);
    ck_assert_int_eq(hgc_set_threshold(rt, some, 4), -1);
    check_thresholds(5, 6, 10);
}
END_TEST

/* Runs of generation 1 come after t1 + 1 of generation 0; full ones when a quarter is new. */
START_TEST(automatic_runs_take_their_turns) {
    static const int thresholds[] = {20, 2, 1000000};
    struct hgc_stats s[3];
    struct node *kept[21 * 12];
    hgc_set_threshold(rt, thresholds, 3);
    hgc_collect(rt, 2);
    hgc_enable(rt);
    for (int i = 0; i < 21 * 12; i++)
        kept[i] = slot();
    hgc_get_stats(rt, s);
    ck_assert_uint_eq(s[0].collections, 9);
    ck_assert_uint_eq(s[1].collections, 3);
    hgc_disable(rt);
    for (int i = 0; i < 21 * 12; i++)
        drop(kept[i]);
}
END_TEST

START_TEST(a_full_run_waits_for_a_quarter) {
    static const int thresholds[] = {10, 0, 0};
    enum { OLD = 2000 };
    static struct node *old[OLD], *young[OLD];
    struct hgc_stats s[3];
    for (int i = 0; i < OLD; i++)
        old[i] = slot();
    hgc_collect(rt, 2);
    hgc_set_threshold(rt, thresholds, 3);
    hgc_enable(rt);
    int made = 0;
    do {
        young[made++] = slot();
        hgc_get_stats(rt, s);
    } while (s[2].collections == 1);
    ck_assert_int_ge(made, OLD / 4);
    ck_assert_int_le(made, OLD / 4 + 60);
    hgc_disable(rt);
    for (int i = 0; i < OLD; i++)
        drop(old[i]);
    while (made)
        drop(young[--made]);
}
END_TEST

/* --- finalizers --- */

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

static struct hgc_object *saved;

static int resurrect(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime;
    log_number((int)((struct node *)self)->number);
    hgc_assign(&saved, self);
    return 0;
}

static struct hgc_type *make_phoenix(void) {
    return make_type("phoenix", HGC_TYPE_GC | HGC_TYPE_WEAKREFS, resurrect);
}

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

/* --- suspicion --- */

/* The old object's only other reference is moved into the young one, which then is dropped: all
 * that ever happens, happens to the young one before its first run. */
static struct node *drop_cycle_through(struct node *old) {
    struct node *young = slot();
    link_a(old, young);
    young->a = &old->head;
    hgc_touch(&young->head);
    drop(young);
    return young;
}

START_TEST(a_cycle_through_an_old_object_is_found_in_the_end) {
    for (int runs = 0; runs < 3; runs++) {
        struct node *old = slot();
        hgc_collect(rt, 2);
        drop_cycle_through(old);
        for (int g = 0; g < runs; g++)
            ck_assert_int_eq(hgc_collect(rt, g), 0);
        ck_assert_int_eq(hgc_collect(rt, 2), 2);
    }
}
END_TEST

START_TEST(so_is_one_that_another_young_root_reaches) {
    for (int order = 0; order < 2; order++) {
        struct node *old = slot();
        hgc_collect(rt, 2);
        struct node *before = slot(), *young = drop_cycle_through(old), *after = slot();
        link_a(before, young);
        link_a(after, young);
        ck_assert_int_eq(hgc_collect(rt, 0), 0);
        drop(order ? before : after);
        ck_assert_int_eq(hgc_collect(rt, 0), 0);
        ck_assert_int_eq(hgc_collect(rt, 1), 0);
        drop(order ? after : before);
        ck_assert_int_eq(hgc_collect(rt, 2), 2);
    }
}
END_TEST

START_TEST(a_move_is_found_in_any_generation) {
    for (int g = -1; g < 3; g++) {
        struct node *n = slot();
        if (g >= 0)
            hgc_collect(rt, g);
        n->a = &n->head;
        hgc_touch(&n->head);
        ck_assert_int_eq(hgc_collect(rt, 2), 1);
    }
}
END_TEST

/* --- weak references --- */

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

/* --- debugging, callbacks, freezing --- */

START_TEST(p45_saveall_keeps_the_trash) {
    struct hgc_object *l = list(), *garbage = hgc_garbage_borrow(rt);
    push(l, l);
    drop(l);
    hgc_set_debug(rt, HGC_DEBUG_SAVEALL);
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
    hgc_set_debug(rt, 0);
    ck_assert_int_eq(hgc_len(garbage), 1);
    ck_assert_ptr_eq(hgc_get_borrow(garbage, 0), l);
    ck_assert_ptr_eq(hgc_get_borrow(l, 0), l);
    hgc_clear(garbage);
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
}
END_TEST

static int log_phase(struct hgc_runtime *runtime, int stop, const struct hgc_info *info,
                     void *arg) {
    (void)runtime, (void)arg;
    log_number(stop * 1000 + info->generation * 100 + (int)info->collected * 10 +
               (int)info->uncollectable);
    return 0;
}

START_TEST(p46_callbacks_see_start_and_stop) {
    drop_list_cycle();
    hgc_add_callback(rt, log_phase, NULL);
    for (int g = 0; g < 3; g++)
        hgc_collect(rt, g);
    ck_assert_log(0, 1010, 100, 1100, 200, 1200);
    ck_assert_int_eq(hgc_remove_callback(rt, log_phase, NULL), 0);
    ck_assert_int_eq(hgc_remove_callback(rt, log_phase, NULL), -1);
}
END_TEST

static int remove_itself(struct hgc_runtime *runtime, int stop, const struct hgc_info *info,
                         void *arg) {
    (void)stop, (void)info;
    log_number((int)(intptr_t)arg);
    if (arg == (void *)1)
        hgc_remove_callback(runtime, remove_itself, arg);
    return 0;
}

START_TEST(a_callback_that_removes_itself_hides_its_neighbour) {
    for (intptr_t i = 1; i <= 3; i++)
        hgc_add_callback(rt, remove_itself, (void *)i);
    hgc_collect(rt, 0);
    ck_assert_log(1, 3, 2, 3);
}
END_TEST

START_TEST(p47_frozen_objects_are_left_alone) {
    struct hgc_object *l = list();
    push(l, l);
    hgc_freeze(rt);
    ck_assert_int_gt(hgc_get_freeze_count(rt), 0);
    ck_assert_int_eq(hgc_get_generation(l), 3);
    drop(l);
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
    hgc_unfreeze(rt);
    ck_assert_int_eq(hgc_get_freeze_count(rt), 0);
    ck_assert_int_eq(hgc_collect(rt, 1), 0);
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
}
END_TEST

START_TEST(frozen_objects_die_by_their_last_reference) {
    struct node *a = slot();
    hgc_freeze(rt);
    ck_assert_int_eq(hgc_get_freeze_count(rt), 1);
    drop(a);
    ck_assert_int_eq(hgc_get_freeze_count(rt), 0);
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

/* --- memory --- */

struct sum_frame {
    int64_t next, end;
};

static int numbers(struct hgc_runtime *runtime, struct hgc_object *generator, void *frame, int how,
                   struct hgc_object *sent, struct hgc_object **out) {
    (void)generator, (void)sent;
    struct sum_frame *f = frame;
    if (how == HGC_CLOSE || f->next == f->end)
        return 0;
    *out = hgc_int_new(runtime, f->next++);
    return *out ? 1 : -1;
}
static const struct hgc_generator_spec numbers_spec = {
    .name = "numbers", .frame_size = sizeof(struct sum_frame), .resume = numbers};

static int64_t sum(struct hgc_object *iterator) {
    int64_t total = 0, value;
    struct hgc_object *item;
    while (hgc_next(iterator, &item) == 1) {
        ck_assert_int_eq(hgc_int_get(item, &value), 0);
        total += value;
        drop(item);
    }
    return total;
}

/* Bytes in slabs: what is not in slabs is only larger. */
static size_t slab_bytes(void) {
    size_t bytes = 0;
    for (int half = 0; half < 2; half++) {
        struct slab_cursor c = {0};
        struct slab *slab;
        while ((slab = slab_next(&rt->slabs, (enum reserve_half)half, &c)))
            bytes += (size_t)slab_used(slab) * slab->slot_size;
    }
    return bytes;
}

START_TEST(p48_a_generator_needs_next_to_nothing) {
    enum { N = 1000000 };
    struct sum_frame *frame;
    size_t before = slab_bytes();
    struct hgc_object *g = hgc_generator_new(rt, &numbers_spec, (void **)&frame);
    frame->end = N;
    int64_t expected = sum(g);
    size_t generator = slab_bytes() - before;
    drop(g);
    struct hgc_object *l = list();
    for (int64_t i = 0; i < N; i++) {
        struct hgc_object *item = hgc_int_new(rt, i);
        push(l, item);
        drop(item);
    }
    size_t whole = slab_bytes() - before;
    struct hgc_object *it = hgc_iter(l);
    ck_assert_int_eq(sum(it), expected);
    ck_assert_uint_lt(generator, 500);
    ck_assert_uint_gt(whole, generator * 10000);
    drop(it);
    drop(l);
}
END_TEST

static size_t bytes_of_instances(const char *const *slots) {
    enum { N = 1000 };
    static struct hgc_object *kept[N];
    struct hgc_object *cls = hgc_class_new(rt, "C", NULL, slots, 2, NULL);
    size_t before = slab_bytes();
    for (int i = 0; i < N; i++) {
        kept[i] = hgc_instance_new(cls);
        hgc_attr_set(kept[i], "a", kept[i]);
        hgc_attr_set(kept[i], "b", hgc_none(rt));
    }
    size_t bytes = slab_bytes() - before;
    for (int i = 0; i < N; i++)
        drop(kept[i]);
    hgc_collect(rt, 2);
    drop(cls);
    return bytes / N;
}

START_TEST(p49_slots_are_smaller_than_attributes_on_demand) {
    static const char *const slots[] = {"a", "b"};
    size_t fixed = bytes_of_instances(slots), free = bytes_of_instances(NULL);
    ck_assert_uint_le(fixed, 40);
    ck_assert_uint_lt(fixed, free);
}
END_TEST

START_TEST(p50_dropping_a_list_frees_it_at_once) {
    size_t before = slab_bytes();
    struct hgc_object *l = list();
    for (int64_t i = 0; i < 1000000; i++) {
        struct hgc_object *item = hgc_int_new(rt, i);
        push(l, item);
        drop(item);
    }
    drop(l);
    ck_assert_uint_eq(slab_bytes(), before);
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
}
END_TEST

static struct hgc_object *in_list(struct hgc_object *o) {
    return hgc_list_new(rt, &o, 1);
}
static struct hgc_object *in_tuple(struct hgc_object *o) {
    return hgc_tuple_new(rt, &o, 1);
}
static struct hgc_object *in_dict(struct hgc_object *o) {
    struct hgc_object *d = hgc_dict_new(rt);
    ck_assert_int_eq(hgc_dict_set(d, hgc_none(rt), o), 0);
    return d;
}
static struct hgc_object *nesting_class;
static struct hgc_object *in_instance(struct hgc_object *o) {
    struct hgc_object *outer = hgc_instance_new(nesting_class);
    ck_assert_int_eq(hgc_attr_set(outer, "inner", o), 0);
    return outer;
}
/* With siblings on both sides, so that the way back is needed. */
static struct hgc_object *in_the_middle(struct hgc_object *o) {
    struct hgc_object *items[] = {hgc_float_new(rt, 1), o, hgc_float_new(rt, 2)};
    struct hgc_object *l = hgc_list_new(rt, items, 3);
    drop(items[0]);
    drop(items[2]);
    return l;
}

START_TEST(p51_deep_structures_die_without_recursion) {
    static struct hgc_object *(*const nest[])(struct hgc_object *) = {in_list, in_tuple, in_dict,
                                                                      in_instance, in_the_middle};
    nesting_class = hgc_class_new(rt, "Nest", NULL, NULL, 0, NULL);
    for (size_t i = 0; i < sizeof nest / sizeof *nest; i++) {
        struct hgc_object *o = list();
        for (int depth = 0; depth < 1000000; depth++) {
            struct hgc_object *outer = nest[i](o);
            drop(o);
            o = outer;
        }
        drop(o);
        struct hgc_object *left = hgc_get_objects(rt, -1); /* the class */
        ck_assert_int_eq(hgc_len(left), 1);
        drop(left);
    }
    drop(nesting_class);
}
END_TEST

START_TEST(a_chain_of_ten_million_dies) {
    struct node *first = slot();
    for (int i = 0; i < 10000000; i++) {
        struct node *next = slot();
        next->a = &first->head;
        hgc_touch(&next->head);
        first = next;
    }
    drop(first);
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, p27_runs_are_counted_for_the_next_generation);
    tcase_add_test(tests, p28_statistics_belong_to_the_run);
    tcase_add_test(tests, p29_a_threshold_of_50_is_exceeded_by_the_51st);
    tcase_add_test(tests, p30_a_threshold_of_0_and_disable_stop_automatic_runs);
    tcase_add_test(tests, p31_thresholds_left_out_stay);
    tcase_add_test(tests, automatic_runs_take_their_turns);
    tcase_add_test(tests, a_full_run_waits_for_a_quarter);
    tcase_add_test(tests, p32_a_ring_is_finalized_in_order_of_creation);
    tcase_add_test(tests, p33_creation_decides_not_links);
    tcase_add_test(tests, generations_are_finalized_one_after_the_other);
    tcase_add_test(tests, p34_resurrection_in_a_collection);
    tcase_add_test(tests, p35_resurrection_by_the_last_reference);
    tcase_add_test(tests, p36_finalizers_that_break_their_cycle);
    tcase_add_test(tests, p37_a_collection_inside_a_collection_does_nothing);
    tcase_add_test(tests, p38_trash_of_finalizers_waits_for_the_next_run);
    tcase_add_test(tests, p39_errors_of_finalizers_are_reported_not_passed_on);
    tcase_add_test(tests, a_cycle_through_an_old_object_is_found_in_the_end);
    tcase_add_test(tests, so_is_one_that_another_young_root_reaches);
    tcase_add_test(tests, a_move_is_found_in_any_generation);
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
    tcase_add_test(tests, p45_saveall_keeps_the_trash);
    tcase_add_test(tests, p46_callbacks_see_start_and_stop);
    tcase_add_test(tests, a_callback_that_removes_itself_hides_its_neighbour);
    tcase_add_test(tests, p47_frozen_objects_are_left_alone);
    tcase_add_test(tests, frozen_objects_die_by_their_last_reference);
    tcase_add_test(tests, a_called_weak_reference_is_frozen_no_more);
    tcase_add_test(tests, a_weak_reference_made_by_a_legacy_finalizer_is_dead);
    tcase_add_test(tests, p48_a_generator_needs_next_to_nothing);
    tcase_add_test(tests, p49_slots_are_smaller_than_attributes_on_demand);
    tcase_add_test(tests, p50_dropping_a_list_frees_it_at_once);
    tcase_add_test(tests, p51_deep_structures_die_without_recursion);
    tcase_add_test(tests, a_chain_of_ten_million_dies);
}

int main(void) {
    return run_suite("gc collecting", add_tests);
}

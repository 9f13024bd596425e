/* The scenarios P27 to P31 and P45 to P47 of the specification: counters, thresholds and statistics
 * of collections, what they suspect, SAVEALL, callbacks, freezing. */
#include "gc_fixture.h"

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

static void add_tests(TCase *tests) {
    tcase_add_test(tests, p27_runs_are_counted_for_the_next_generation);
    tcase_add_test(tests, p28_statistics_belong_to_the_run);
    tcase_add_test(tests, p29_a_threshold_of_50_is_exceeded_by_the_51st);
    tcase_add_test(tests, p30_a_threshold_of_0_and_disable_stop_automatic_runs);
    tcase_add_test(tests, p31_thresholds_left_out_stay);
    tcase_add_test(tests, automatic_runs_take_their_turns);
    tcase_add_test(tests, a_full_run_waits_for_a_quarter);
    tcase_add_test(tests, a_cycle_through_an_old_object_is_found_in_the_end);
    tcase_add_test(tests, so_is_one_that_another_young_root_reaches);
    tcase_add_test(tests, a_move_is_found_in_any_generation);
    tcase_add_test(tests, p45_saveall_keeps_the_trash);
    tcase_add_test(tests, p46_callbacks_see_start_and_stop);
    tcase_add_test(tests, a_callback_that_removes_itself_hides_its_neighbour);
    tcase_add_test(tests, p47_frozen_objects_are_left_alone);
    tcase_add_test(tests, frozen_objects_die_by_their_last_reference);
}

int main(void) {
    return run_suite("gc collecting", add_tests);
}

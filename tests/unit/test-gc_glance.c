/* Runs that are over at a glance, and what must not escape it: garbage that was made by moving
 * references, among the young and through older objects. A second collector checks each run
 * (stress.h). */
#include "gc/fail.h"
#include "gc_fixture.h"

static void move_into_b(struct node *owner, void *o) {
    owner->b = o;
    hgc_touch(&owner->head);
}

static int is_suspect(const struct node *n) {
    return !(n->head.flags & HGC_FLAGS_TRUSTED);
}

/* Each run is told what it is to find. */
static void check_runs(int young, int middle, int full) {
    ck_assert_int_eq(hgc_collect(rt, 0), young);
    ck_assert_int_eq(hgc_collect(rt, 1), middle);
    ck_assert_int_eq(hgc_collect(rt, 2), full);
}

/* --- the young --- */

START_TEST(a_ring_of_moves_is_found) {
    for (int length = 1; length < 5; length++) {
        struct node *first = pure_pair(), *last = first;
        for (int i = 1; i < length; i++) {
            struct node *next = pure_pair();
            move_into(next, last);
            last = next;
        }
        move_into(first, last);
        check_runs(length, 0, 0);
    }
}
END_TEST

START_TEST(what_garbage_leads_to_goes_with_it) {
    struct node *ring = pure_pair(), *leaf = pure_pair(), *shared = pure_pair(),
                *held = pure_pair();
    move_into(ring, hgc_incref(&ring->head));
    link_b(ring, leaf);
    link_a(held, shared);
    link_a(leaf, shared);
    drop(leaf);
    drop(shared);
    drop(ring);
    check_runs(2, 0, 0);
    ck_assert_uint_eq(hgc_get_refcount(&shared->head), 1);
    ck_assert_int_eq(hgc_get_generation(&shared->head), 2);
    drop(held);
}
END_TEST

START_TEST(references_back_leave_no_suspects) {
    enum { N = 50 };
    struct node *last = pure_pair();
    for (int i = 1; i < N; i++) {
        struct node *next = pure_pair();
        link_b(next, last); /* and an event of its own */
        drop(last);
        last = next;
    }
    ck_assert_int_eq(hgc_collect(rt, 0), 0);
    for (struct node *n = last; n; n = (struct node *)n->b) {
        ck_assert_int_eq(hgc_get_generation(&n->head), 1);
        ck_assert_int_eq(is_suspect(n), 0);
    }
    check_runs(0, 0, 0);
    ck_assert_int_eq(hgc_get_generation(&last->head), 2);
    drop(last);
}
END_TEST

/* --- through older objects --- */

/* Nothing loses a reference that is not its last, and all that is touched is new. */
START_TEST(a_cycle_of_moves_through_an_old_object_is_found) {
    for (int collects = 0; collects < 3; collects++) {
        struct node *old = pure_pair();
        hgc_collect(rt, 2);
        struct node *q = pure_pair(), *p = pure_pair();
        move_into_b(q, old);
        move_into(q, p);
        link_a(old, q);
        move_into(p, q);
        for (int g = 0; g < collects; g++)
            ck_assert_int_eq(hgc_collect(rt, g), 0);
        ck_assert_int_eq(hgc_collect(rt, 2), 3);
    }
}
END_TEST

/* It is young, and innocent, but its only reference leads from an old object. */
START_TEST(a_young_object_that_an_old_one_took_over_is_found) {
    struct node *old = pure_pair();
    hgc_collect(rt, 2);
    struct node *young = pure_pair();
    move_into(old, young);
    move_into(young, old);
    check_runs(0, 0, 2);
}
END_TEST

static struct node *haven;

static int save(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime;
    link_a(haven, self);
    return 0;
}

START_TEST(what_has_been_resurrected_is_no_newcomer) {
    struct hgc_type *type = make_type("saved", HGC_TYPE_GC, save);
    haven = pure_pair();
    hgc_collect(rt, 2);
    struct node *saved = make_node(type, 0);
    drop(saved);
    move_into_b(saved, haven);
    check_runs(0, 0, 2);
}
END_TEST

START_TEST(a_dict_that_matters_late_is_found) {
    struct node *old = pure_pair();
    struct hgc_object *dict = hgc_dict_new(rt), *key = hgc_int_new(rt, 1000);
    link_a(old, dict);
    drop(dict);
    hgc_collect(rt, 2);
    ck_assert_int_eq(hgc_dict_set(dict, key, &old->head), 0);
    drop(key);
    drop(old);
    check_runs(0, 0, 2);
}
END_TEST

/* --- what was filled when it was old --- */

/* `n` pairs in a chain, promoted one by one; each has the one before it. */
static struct node *old_chain(int n) {
    struct node *last = NULL;
    while (n--) {
        struct node *next = pure_pair();
        ck_assert_int_eq(hgc_collect(rt, 0), 0);
        move_into(next, last);
        last = next;
    }
    return last;
}

START_TEST(what_was_filled_late_is_no_suspect_for_long) {
    enum { N = 8 };
    struct node *last = old_chain(N);
    ck_assert(is_suspect(last));
    struct node *others[16 * N]; /* a run that is too small has no time to look */
    for (int i = 0; i < 16 * N; i++)
        others[i] = pure_pair();
    ck_assert_int_eq(hgc_collect(rt, 1), 0);
    for (struct node *n = last; n; n = (struct node *)n->a) {
        ck_assert_int_eq(hgc_get_generation(&n->head), 2);
        ck_assert(!is_suspect(n));
    }
    for (int i = 0; i < 16 * N; i++)
        drop(others[i]);
    drop(last);
}
END_TEST

START_TEST(a_cycle_that_was_closed_late_is_found) {
    enum { OTHERS = 200 };
    for (int length = 1; length < 5; length++) {
        struct node *others[OTHERS];
        struct node *last = old_chain(length), *first = last;
        while (first->a)
            first = (struct node *)first->a;
        for (int i = 0; i < OTHERS; i++)
            others[i] = pure_pair();
        move_into(first, last);
        check_runs(0, length, 0);
        for (int i = 0; i < OTHERS; i++)
            drop(others[i]);
    }
}
END_TEST

/* Only `late` is a suspect, and has to remain one when it grows as old as `old`. */
START_TEST(garbage_with_older_objects_is_not_forgotten) {
    enum { OTHERS = 200 };
    struct node *others[OTHERS];
    struct node *old = pure_pair();
    check_runs(0, 0, 0);
    struct node *late = pure_pair();
    ck_assert_int_eq(hgc_collect(rt, 0), 0);
    for (int i = 0; i < OTHERS; i++)
        others[i] = pure_pair();
    link_b(old, late);
    move_into(late, old);
    drop(late);
    ck_assert(is_suspect(late) && !is_suspect(old));
    check_runs(0, 0, 2);
    for (int i = 0; i < OTHERS; i++)
        drop(others[i]);
}
END_TEST

/* Nothing of the middle generation is a suspect, so it has grown older when the young are looked
 * at, and has to be taken back: among the young is the suspect that leads to garbage (_i == 0). Or
 * that has grown older too, and stops the look at the middle generation. Some of that has died. */
START_TEST(garbage_with_the_middle_generation_is_found) {
    enum { OTHERS = 40 };
    struct node *others[OTHERS];
    for (int i = 0; i < OTHERS; i++)
        others[i] = pure_pair();
    struct node *middle = pure_pair();
    ck_assert_int_eq(hgc_collect(rt, 0), 0);
    for (int i = 0; i < OTHERS; i += 2)
        drop(others[i]);
    struct node *young = pure_pair();
    link_a(middle, young);
    move_into(young, middle);
    drop(young);
    ck_assert(is_suspect(young) && !is_suspect(middle));
    if (_i == 1)
        ck_assert_int_eq(hgc_collect(rt, 0), 0);
    ck_assert_int_eq(hgc_collect(rt, 1), 2);
    for (int i = 1; i < OTHERS; i += 2) {
        ck_assert_int_eq(hgc_get_generation(&others[i]->head), 2);
        drop(others[i]);
    }
}
END_TEST

/* A run without memory has not looked: what it knew of `old` is needed when a young object, which
 * is innocent with its one reference, closes the cycle. */
START_TEST(a_run_that_failed_has_cleared_nobody) {
    enum { OTHERS = 5000 };
    static struct node *others[OTHERS];
    struct node *before = old_chain(8); /* what a look at suspects needs is there then */
    for (int i = 0; i < OTHERS; i++)
        others[i] = pure_pair();
    ck_assert_int_eq(hgc_collect(rt, 1), 0);
    ck_assert(!is_suspect(before));
    struct node *old = pure_pair();
    ck_assert_int_eq(hgc_collect(rt, 0), 0);
    struct node *young = pure_pair();
    move_into(old, young);
    for (int i = 0; i < OTHERS; i++) {
        link_a(others[i], pure_pair());
        drop(others[i]->a);
    }
    link_b((struct node *)others[0]->a, others[1]->a); /* ahead: so a glance is not enough */
    gc_fail_countdown = _i;
    hgc_collect(rt, 1);
    gc_fail_countdown = 0;
    move_into(young, old);
    ck_assert_int_eq(hgc_collect(rt, 0) + hgc_collect(rt, 2), 2);
    for (int i = 0; i < OTHERS; i++)
        drop(others[i]);
    drop(before);
}
END_TEST

/* --- destruction --- */

/* Of pairs that have lived for different times, and nodes between them. */
START_TEST(trees_of_all_ages_die_whole) {
    enum { ROUNDS = 6, EACH = 40 };
    struct node *tree = NULL;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < EACH; i++) {
            struct node *n = i % 7 == 3 ? slot() : pure_pair();
            move_into(n, tree);
            move_into_b(n, i % 5 ? pure_pair() : slot());
            if (i % 11 == 0)
                link_a((struct node *)n->b, n->b); /* stays behind */
            tree = n;
        }
        hgc_collect(rt, round % 3);
    }
    drop(tree);
    int left = 0;
    for (int i = 0; i < EACH; i++)
        left += i % 11 == 0;
    ck_assert_int_eq(hgc_collect(rt, 2), left * ROUNDS);
    struct hgc_object *all = hgc_get_objects(rt, -1);
    ck_assert_int_eq(hgc_len(all), 0);
    drop(all);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, a_ring_of_moves_is_found);
    tcase_add_test(tests, what_garbage_leads_to_goes_with_it);
    tcase_add_test(tests, references_back_leave_no_suspects);
    tcase_add_test(tests, a_cycle_of_moves_through_an_old_object_is_found);
    tcase_add_test(tests, a_young_object_that_an_old_one_took_over_is_found);
    tcase_add_test(tests, what_has_been_resurrected_is_no_newcomer);
    tcase_add_test(tests, a_dict_that_matters_late_is_found);
    tcase_add_test(tests, what_was_filled_late_is_no_suspect_for_long);
    tcase_add_test(tests, a_cycle_that_was_closed_late_is_found);
    tcase_add_test(tests, garbage_with_older_objects_is_not_forgotten);
    tcase_add_loop_test(tests, garbage_with_the_middle_generation_is_found, 0, 2);
    tcase_add_loop_test(tests, a_run_that_failed_has_cleared_nobody, 1, 5);
    tcase_add_test(tests, trees_of_all_ages_die_whole);
}

int main(void) {
    return run_suite("gc glance", add_tests);
}

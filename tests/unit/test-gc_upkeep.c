/* What the runtime keeps for later, and when it tidies up: spares, lists, empty slabs. */
#include "gc/debug.h"
#include "gc/runtime.h"
#include "gc_fixture.h"

enum { MANY = 10000, SPARES_MAX = 4096 };
static const uint64_t two_seconds = UINT64_C(2000000000);
static struct node *held[MANY];

/* Where slots are poisoned there are no spares. */
static void make_many(void) {
    stress_set(rt, STRESS_CHECK);
    for (int i = 0; i < MANY; i++)
        held[i] = pure_pair();
}

static void drop_many(void) {
    for (int i = 0; i < MANY; i++)
        drop(held[i]);
}

static void set_threshold(int young, int middle, int old) {
    const int threshold[] = {young, middle, old};
    hgc_set_threshold(rt, threshold, 3);
}

static int count_list(const struct slot *slot) {
    int count = 0;
    for (; slot; slot = slot->next)
        count++;
    return count;
}

static int count_spares(void) {
    return count_list(pair_type->spare);
}

/* --- spares --- */

START_TEST(without_automatic_runs_all_that_dies_is_spared) {
    hgc_disable(rt);
    make_many();
    drop_many();
    ck_assert_int_eq(count_spares(), MANY);
}
END_TEST

START_TEST(spares_are_few_while_the_collector_is_on) {
    set_threshold(2 * MANY, 10, 10);
    hgc_enable(rt);
    make_many();
    drop_many();
    ck_assert_int_gt(count_spares(), 0);
    ck_assert_int_le(count_spares(), SPARES_MAX);
}
END_TEST

/* Also of those that die quickest: young, empty, in the program's hands. */
START_TEST(every_one_made_from_a_spare_is_finalized) {
    hgc_disable(rt);
    stress_set(rt, 0);
    for (int i = 0; i < 5; i++)
        drop(fin(i));
    ck_assert_int_gt(count_list(fin_type->numbered), 0);
    ck_assert_log(0, 1, 2, 3, 4);
}
END_TEST

/* They are used in the order of their deaths, whoever died in between. */
START_TEST(finalized_objects_and_who_waited_for_them_are_spared) {
    enum { FEW = 100 };
    hgc_disable(rt);
    stress_set(rt, 0);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < FEW; i++) {
            held[i] = pure_pair();
            held[i]->a = (struct hgc_object *)fin(i);
            held[i]->b = (struct hgc_object *)pure_pair();
            ck_assert(!hgc_is_finalized(held[i]->a));
        }
        for (int i = 0; i < FEW; i++)
            drop(held[i]);
        ck_assert_int_eq(log_count, FEW * (round + 1));
        ck_assert_int_ge(count_list(fin_type->numbered), FEW - 1); /* with the first it begins */
        ck_assert_int_eq(count_spares(), 2 * FEW);
    }
}
END_TEST

static int drop_nothing(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime, (void)self;
    return 0;
}

static struct hgc_type *four_type;
static struct hgc_object *four(struct hgc_object *b, void *c, void *d) {
    struct hgc_object *o = hgc_new(rt, four_type), **field = (struct hgc_object **)(o + 1);
    ck_assert(!field[0] && !field[1] && !field[2] && !field[3]);
    field[1] = hgc_incref(b);
    field[2] = c;
    field[3] = d;
    hgc_touch(o);
    return o;
}

static int drop_a(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime;
    hgc_assign(&((struct node *)self)->a, NULL);
    return 0;
}

/* One that dies in a collection, before its own finalizer was called, and waits for a child that
 * dies of it: what else it refers to lives on. */
START_TEST(who_dies_within_a_collection_is_spared_empty) {
    static const uint16_t fields[] = {8, 16, 24, 32};
    struct hgc_type_spec spec = {.name = "four",
                                 .size = 40,
                                 .flags = HGC_TYPE_GC,
                                 .fields = fields,
                                 .nfields = 4,
                                 .finalize = drop_nothing};
    struct hgc_type *dropping_type = make_type("dropping", HGC_TYPE_GC, drop_a);
    struct hgc_object *shared = (struct hgc_object *)pure_pair();
    four_type = hgc_type_new(rt, &spec);
    stress_set(rt, 0);
    for (int i = 0; i < 3; i++) { /* with the first the type begins to have spares */
        struct node *first = make_node(dropping_type, 0);
        first->a = four(shared, pure_pair(), pure_pair());
        link_b(first, first);
        drop(first);
    }
    ck_assert_int_eq(hgc_collect(rt, 2), 3);
    ck_assert_int_eq(hgc_get_refcount(shared), 1);
    for (int i = 0; i < 3; i++)
        held[i] = (struct node *)four(NULL, NULL, NULL);
    for (int i = 0; i < 3; i++)
        drop(held[i]);
    drop(shared);
}
END_TEST

/* --- enabling --- */

START_TEST(enabling_gives_back_what_was_kept) {
    hgc_disable(rt);
    make_many();
    drop_many();
    ck_assert_uint_ge(rt->noted[0].count, MANY);
    hgc_enable(rt);
    ck_assert_int_eq(count_spares(), 0);
    ck_assert_uint_eq(rt->noted[0].count, (size_t)rt->tracked[0]);
    ck_assert_int_eq(rt->tracked[0], 0);
}
END_TEST

START_TEST(enabling_keeps_what_lives_listed) {
    hgc_disable(rt);
    make_many();
    link_a(held[7], held[7]);
    drop_many();
    hgc_enable(rt);
    ck_assert_uint_eq(rt->noted[0].count, 1);
    ck_assert_int_eq(hgc_collect(rt, 0), 1);
}
END_TEST

START_TEST(enabling_forgets_no_spare) {
    hgc_disable(rt);
    set_threshold(0, 10, 10);
    make_many();
    drop_many();
    hgc_enable(rt);
    stress_set(rt, 0); /* else no spare is used */
    struct node *n = pure_pair();
    link_a(n, n);
    drop(n);
    ck_assert_int_eq(hgc_collect(rt, 0), 1);
}
END_TEST

/* --- memory that goes back --- */

static void run_automatically(void) {
    set_threshold(1, 0, 0);
    hgc_enable(rt);
    for (int i = 0; i < 100; i++)
        held[i] = pure_pair();
    hgc_disable(rt);
    for (int i = 0; i < 100; i++)
        drop(held[i]);
}

START_TEST(automatic_runs_trim_once_a_second) {
    struct hgc_stats stats[3];
    uint64_t before = rt->trimmed_at = debug_now();
    run_automatically();
    hgc_get_stats(rt, stats);
    ck_assert_uint_gt(stats[2].collections, 0);
    ck_assert_uint_eq(rt->trimmed_at, before);
    rt->trimmed_at -= two_seconds;
    run_automatically();
    ck_assert_uint_ge(rt->trimmed_at, before);
}
END_TEST

START_TEST(a_full_collection_that_is_asked_for_trims_at_once) {
    uint64_t before = rt->trimmed_at;
    hgc_collect(rt, 1);
    ck_assert_uint_eq(rt->trimmed_at, before);
    hgc_collect(rt, 2);
    ck_assert_uint_gt(rt->trimmed_at, before);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, without_automatic_runs_all_that_dies_is_spared);
    tcase_add_test(tests, spares_are_few_while_the_collector_is_on);
    tcase_add_test(tests, every_one_made_from_a_spare_is_finalized);
    tcase_add_test(tests, finalized_objects_and_who_waited_for_them_are_spared);
    tcase_add_test(tests, who_dies_within_a_collection_is_spared_empty);
    tcase_add_test(tests, enabling_gives_back_what_was_kept);
    tcase_add_test(tests, enabling_keeps_what_lives_listed);
    tcase_add_test(tests, enabling_forgets_no_spare);
    tcase_add_test(tests, automatic_runs_trim_once_a_second);
    tcase_add_test(tests, a_full_collection_that_is_asked_for_trims_at_once);
}

int main(void) {
    return run_suite("gc upkeep", add_tests);
}

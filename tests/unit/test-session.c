/* Tracing across fork: test T12 of tracemalloc, and a child that stops and starts by itself. */
#include <pthread.h>
#include <sched.h>
#include "api_fixture.h"

static void *inherited;

static const char *child_goes_on(void) {
    int total;
    struct memory before = memory_now();
    void *block = malloc(12345);
    REQUIRE(heapline_is_tracing());
    REQUIRE(heapline_get_traceback_limit() == 3);
    REQUIRE(before.current == 100 && before.peak == 600);
    heapline_get_block_traceback(block, NULL, 0, &total);
    REQUIRE(total > 3);
    heapline_get_block_traceback(inherited, NULL, 0, &total);
    REQUIRE(total > 0);
    heapline_get_traceback(5, 1, NULL, 0, &total);
    REQUIRE(total > 0);
    free(inherited);
    heapline_untrack(5, 1);
    REQUIRE(memory_now().current == 12345);
    free(block);
    REQUIRE(memory_now().current == 0);
    return NULL;
}

/* 60 bytes of malloc, 40 tracked, after 500 that have gone. */
static void begin(void) {
    heapline_start(3, NULL);
    inherited = malloc(60);
    heapline_track(5, 1, 40);
    free(malloc(500));
}

static void assert_undisturbed(void) {
    struct memory seen = memory_now();
    int is_on = heapline_is_tracing();
    heapline_stop();
    ck_assert_int_eq(is_on, 1);
    /* what Check has allocated since comes on top */
    ck_assert_uint_ge(seen.current, 100);
    free(inherited);
}

START_TEST(t12_a_child_is_traced) {
    begin();
    assert_in_child(child_goes_on);
    int total;
    heapline_get_block_traceback(inherited, NULL, 0, &total);
    ck_assert_int_gt(total, 0);
    assert_undisturbed();
}
END_TEST

static const char *child_stops(void) {
    heapline_stop();
    REQUIRE(!heapline_is_tracing());
    REQUIRE(memory_now().current == 0);
    void *unseen = malloc(10);
    REQUIRE(heapline_track(1, 1, 1) == HEAPLINE_OFF);
    REQUIRE(heapline_start(7, NULL) == 0);
    REQUIRE(heapline_get_traceback_limit() == 7);
    free(unseen);
    free(inherited);
    REQUIRE(memory_now().current == 0);
    void *block = malloc(20);
    REQUIRE(memory_now().current == 20);
    free(block);
    struct heapline_totals totals;
    REQUIRE(heapline_get_all_totals(&totals) == 0);
    REQUIRE(totals.total.bytes == 20 && totals.frees == 1);
    return NULL;
}

START_TEST(a_child_stops_and_starts_by_itself) {
    begin();
    assert_in_child(child_stops);
    assert_undisturbed();
}
END_TEST

static const char *child_clears(void) {
    heapline_clear_traces();
    REQUIRE(memory_now().current == 0);
    REQUIRE(heapline_get_block_traceback(inherited, NULL, 0, NULL) == 0);
    void *block = malloc(20);
    struct heapline_snapshot *s = heapline_take_snapshot(1, NULL);
    const struct heapline_trace *traces;
    REQUIRE(s != NULL);
    REQUIRE(heapline_snapshot_traces(s, &traces) == 1);
    REQUIRE(traces->block == (uintptr_t)block && traces->current.bytes == 20);
    heapline_snapshot_free(s);
    return NULL;
}

START_TEST(a_child_clears_its_own) {
    begin();
    assert_in_child(child_clears);
    assert_undisturbed();
}
END_TEST

static const char *child_starts(void) {
    REQUIRE(!heapline_is_tracing());
    REQUIRE(heapline_start(2, NULL) == 0);
    void *block = malloc(1000);
    REQUIRE(memory_now().current == 1000);
    free(block);
    REQUIRE(memory_now().current == 0);
    return NULL;
}

START_TEST(a_child_starts_alone) {
    assert_in_child(child_starts);
    ck_assert_int_eq(heapline_is_tracing(), 0);
    heapline_start(1, NULL);
    heapline_stop();
    assert_in_child(child_starts); /* the parent has stopped before */
    ck_assert_int_eq(heapline_is_tracing(), 0);
}
END_TEST

static const char *child_names(void) {
    REQUIRE(heapline_set_label("whose", "the child's", NULL) == -1);
    REQUIRE(heapline_name_domain(5, "the child's") == -1);
    REQUIRE(heapline_register_type(5, "the child's") == -1);
    REQUIRE(heapline_start(1, NULL) == 0);
    REQUIRE(heapline_set_label("whose", "the child's", NULL) == 0);
    return NULL;
}

START_TEST(a_child_does_not_name_what_is_its_parents) {
    heapline_start(1, NULL);
    heapline_set_label("whose", "the parent's", NULL);
    heapline_stop();
    assert_in_child(child_names);
    heapline_start(1, NULL);
    struct heapline_snapshot *s = take_snapshot(0);
    heapline_stop();
    ck_assert_str_eq(heapline_snapshot_label(s, "whose"), "the parent's");
    heapline_snapshot_free(s);
}
END_TEST

static int is_over;

static void *ask_for_figures(void *unused) {
    uint64_t current, peak;
    while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED)) {
        heapline_get_tracer_memory();
        heapline_get_traced_memory(&current, &peak);
    }
    return unused;
}

static const char *child_starts_beside_a_thread(void) {
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, ask_for_figures, NULL) == 0);
    sched_yield();
    REQUIRE(heapline_start(1, NULL) == 0);
    __atomic_store_n(&is_over, 1, __ATOMIC_RELAXED);
    REQUIRE(pthread_join(thread, NULL) == 0);
    return NULL;
}

START_TEST(figures_may_be_asked_for_while_tracing_starts) {
    enum { CHILDREN = 40 };
    for (int i = 0; i < CHILDREN; i++)
        assert_in_child(child_starts_beside_a_thread);
}
END_TEST

static struct heapline_scope *scope;

static const char *child_ends_scope(void) {
    struct heapline_scope_result r;
    free(inherited);
    REQUIRE(heapline_scope_end(scope, &r) == 0);
    REQUIRE(r.freed.bytes == 60);
    REQUIRE(r.kept.bytes == 40);
    return NULL;
}

START_TEST(a_scope_is_the_childs_too) {
    heapline_start(1, NULL);
    scope = heapline_scope_begin(1, NULL);
    inherited = malloc(60);
    heapline_track(5, 1, 40);
    heapline_pause_thread();
    assert_in_child(child_ends_scope);
    struct heapline_scope_result r;
    int ended = heapline_scope_end(scope, &r);
    heapline_stop();
    ck_assert_int_eq(ended, 0);
    ck_assert_count(r.kept, 100, 2);
    free(inherited);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("session");
    tcase_add_test(tests, t12_a_child_is_traced);
    tcase_add_test(tests, a_child_stops_and_starts_by_itself);
    tcase_add_test(tests, a_child_clears_its_own);
    tcase_add_test(tests, a_child_starts_alone);
    tcase_add_test(tests, a_child_does_not_name_what_is_its_parents);
    tcase_add_test(tests, figures_may_be_asked_for_while_tracing_starts);
    tcase_add_test(tests, a_scope_is_the_childs_too);
    return run_suite(suite_of("session", tests));
}

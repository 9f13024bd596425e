/* The assertions of heapline_check.h: those that fail run in a suite of their own, whose messages
 * are looked at afterwards. */
#include "api_fixture.h"
#include "heapline_check.h"

static char *kept[3];

static __attribute__((noinline)) void keep(int i, size_t size) {
    kept[i] = malloc(size);
    *kept[i] = 0;
}
enum { KEEP_LINE = __LINE__ - 3 };

static void release_kept(void) {
    for (int i = 0; i < 3; i++)
        free(kept[i]);
}

START_TEST(what_is_freed_passes) {
    heapline_ck_assert_at_most(100, free(malloc(100)));
    heapline_ck_assert_at_most(0, (void)0);
    heapline_ck_assert_at_most(150, int sizes[] = {100, 50};
                               for (int i = 0; i < 2; i++) free(malloc((size_t)sizes[i])));
    ck_assert_int_eq(heapline_is_tracing(), 0); /* as it was */
}
END_TEST

START_TEST(tracing_goes_on_where_it_was_on) {
    heapline_start(7, NULL);
    keep(0, 10);
    heapline_ck_assert_at_most(100, free(malloc(100)));
    ck_assert_int_eq(heapline_is_tracing(), 1);
    ck_assert_int_eq(heapline_get_traceback_limit(), 7);
    heapline_stop();
    release_kept();
}
END_TEST

static void keep_one(void *unused) {
    (void)unused;
    keep(0, 30);
}

START_TEST(of_all_threads) {
    struct helper helper;
    const char *said[2];
    helper_begin(&helper, keep_one, NULL);
    heapline_start(1, NULL);
    struct heapline_ck own = heapline_ck_begin(0), all = heapline_ck_begin(1);
    helper_act(&helper);
    said[0] = heapline_ck_end(&own, 1000, "own");
    said[1] = heapline_ck_end(&all, 1000, "all");
    helper_end(&helper);
    ck_assert_ptr_null(said[0]);
    ck_assert_ptr_nonnull(said[1]);
    ck_assert_ptr_nonnull(strstr(said[1], "all: kept 30 bytes in 1 block\n"));
    release_kept();
}
END_TEST

/* --- These fail. --- */
START_TEST(keeps) {
    heapline_ck_assert_at_most(4096, for (int i = 0; i < 2; i++) keep(i, 75); kept[2] = malloc(7));
}
END_TEST

START_TEST(allocates_too_much) {
    heapline_ck_assert_at_most(99, free(malloc(100)));
}
END_TEST

START_TEST(does_both) {
    heapline_ck_assert_at_most(40, keep(0, 100));
}
END_TEST

static void *allocate_at_depth(int depth) {
    void *block = depth > 0 ? allocate_at_depth(depth - 1) : malloc(1);
    __asm__ volatile("" ::: "memory");
    return block;
}

/* More blocks, and more call paths, than are listed. */
START_TEST(keeps_much) {
    heapline_ck_assert_at_most(1 << 20, for (int i = 0; i < 3000; i++) allocate_at_depth(i % 20));
}
END_TEST

static const struct expected {
    const char *text;
    int line;
} expected[][4] = {
    {{"keep(i, 75); kept[2] = malloc(7): kept 157 bytes in 3 blocks\n", 0},
     {" (keep): 150 bytes in 2 blocks\n", KEEP_LINE},
     {" (keeps_fn): 7 bytes in 1 block", 0}},
    {{"free(malloc(100)): allocated 100 bytes in 1 block, at most 99 are due", 0}},
    {{"keep(0, 100): allocated 100 bytes in 1 block, at most 40 are due; kept 100 bytes", 0},
     {" (keep): 100 bytes in 1 block", KEEP_LINE}},
    {{": kept 3000 bytes in 3000 blocks\n", 0},
     {" (allocate_at_depth): ", 0},
     {"\n  elsewhere: ", 0}},
};
enum { FAILING = sizeof expected / sizeof *expected };
static char messages[FAILING][8192];

static int run_failing(void) {
    TCase *tests = tcase_create("failing");
    tcase_add_test(tests, keeps);
    tcase_add_test(tests, allocates_too_much);
    tcase_add_test(tests, does_both);
    tcase_add_test(tests, keeps_much);
    SRunner *runner = srunner_create(suite_of("failing", tests));
    srunner_set_tap(runner, "/dev/null");
    srunner_run_all(runner, CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    TestResult **results = srunner_failures(runner);
    for (int i = 0; i < failed && i < FAILING; i++)
        snprintf(messages[i], sizeof messages[i], "%s", tr_msg(results[i]));
    free(results);
    srunner_free(runner);
    return failed;
}

static int failed;

START_TEST(the_rest_fails_and_says_why) {
    ck_assert_int_eq(failed, FAILING);
    for (const struct expected *e = expected[_i]; e < expected[_i] + 4 && e->text != NULL; e++) {
        char text[256];
        snprintf(text, sizeof text, "%s", e->text);
        if (e->line > 0)
            snprintf(text, sizeof text, "test-heapline_check.c:%d%s", e->line, e->text);
        ck_assert_msg(strstr(messages[_i], text) != NULL, "no '%s' in '%s'", text, messages[_i]);
    }
}
END_TEST

int main(void) {
    failed = run_failing();
    TCase *tests = tcase_create("check");
    tcase_add_test(tests, what_is_freed_passes);
    tcase_add_test(tests, tracing_goes_on_where_it_was_on);
    tcase_add_test(tests, of_all_threads);
    tcase_add_loop_test(tests, the_rest_fails_and_says_why, 0, FAILING);
    return run_suite(suite_of("check", tests));
}

/* Starting, stopping, clearing and the figures: scenarios P52 to P55 and tests T1 to T10 of
 * tracemalloc. */
#include "config.h"
#include "api_fixture.h"

static const struct memory nothing[] = {{0, 0}};

START_TEST(p53_realloc_is_never_counted_twice) {
    static const struct memory expected[] = {{10 * MB, 10 * MB},
                                             {30 * MB, 30 * MB},
                                             {5 * MB, 30 * MB},
                                             {12 * MB, 30 * MB},
                                             {7 * MB, 30 * MB},
                                             {0, 30 * MB},
                                             {0, 0}};
    struct memory seen[7];
    ck_assert_int_eq(heapline_start(1, NULL), 0);
    void *block = malloc(10 * MB), *other;
    seen[0] = memory_now();
    block = realloc(block, 30 * MB);
    seen[1] = memory_now();
    block = realloc(block, 5 * MB);
    seen[2] = memory_now();
    other = malloc(7 * MB);
    seen[3] = memory_now();
    free(block);
    seen[4] = memory_now();
    free(other);
    seen[5] = memory_now();
    heapline_clear_traces();
    seen[6] = memory_now();
    heapline_stop();
    assert_memory(seen, expected, 7);
}
END_TEST

START_TEST(p52_tracked_blocks) {
    static const struct memory expected[] = {{10, 10}, {15, 15}, {5, 15}, {11, 15}, {11, 11},
                                             {26, 26}, {7, 26},  {0, 0},  {0, 0},   {0, 0}};
    struct memory seen[10];
    int results[8];
    heapline_start(1, NULL);
    results[0] = heapline_track(5, 1, 10);
    seen[0] = memory_now();
    results[1] = heapline_track(5, 2, 5);
    seen[1] = memory_now();
    results[2] = heapline_untrack(5, 1);
    seen[2] = memory_now();
    results[3] = heapline_track(5, 3, 6);
    seen[3] = memory_now();
    heapline_reset_peak();
    seen[4] = memory_now();
    results[4] = heapline_track(5, 2, 20);
    seen[5] = memory_now();
    results[5] = heapline_track(5, 2, 1);
    seen[6] = memory_now();
    heapline_clear_traces();
    seen[7] = memory_now();
    results[6] = heapline_untrack(5, 2);
    seen[8] = memory_now();
    heapline_stop();
    results[7] = heapline_is_tracing();
    seen[9] = memory_now();
    assert_memory(seen, expected, 10);
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(results[i], 0);
}
END_TEST

START_TEST(p54_the_limit_is_that_of_the_last_start) {
    ck_assert_int_eq(heapline_get_traceback_limit(), 1);
    ck_assert_int_eq(heapline_start(5, NULL), 0);
    ck_assert_int_eq(heapline_start(9, NULL), 0);
    ck_assert_int_eq(heapline_get_traceback_limit(), 5);
    heapline_stop();
    ck_assert_int_eq(heapline_get_traceback_limit(), 5);
    ck_assert_int_eq(heapline_start(1, NULL), 0);
    ck_assert_int_eq(heapline_get_traceback_limit(), 1);
    heapline_stop();
    ck_assert_int_eq(heapline_start(HEAPLINE_NFRAME_MAX, NULL), 0);
    ck_assert_int_eq(heapline_get_traceback_limit(), 65535);
}
END_TEST

START_TEST(an_ignored_start_keeps_what_is_recorded) {
    static const struct memory expected[] = {{100, 100}};
    struct memory seen;
    heapline_start(5, NULL);
    void *block = malloc(100);
    heapline_start(9, NULL);
    seen = memory_now();
    heapline_stop();
    assert_memory(&seen, expected, 1);
    free(block);
}
END_TEST

static const int bad_limits[] = {0, -1, INT_MIN, 65536, 1 << 30, INT_MAX};

START_TEST(t4_limits_that_cannot_be) {
    struct heapline_error err = {0};
    for (int on = 0; on < 2; on++) {
        ck_assert_int_eq(heapline_start(bad_limits[_i], &err), -1);
        ck_assert_int_eq(err.code, HEAPLINE_BAD_ARGUMENT);
        ck_assert_int_eq(err.os_errno, 0);
        ck_assert_ptr_nonnull(strstr(err.message, "[1; 65535]"));
        ck_assert_int_eq(heapline_start(bad_limits[_i], NULL), -1);
        ck_assert_int_eq(heapline_is_tracing(), on);
        ck_assert_int_eq(heapline_get_traceback_limit(), on ? 7 : 1);
        ck_assert_int_eq(heapline_start(7, NULL), 0);
    }
}
END_TEST

START_TEST(t10_on_and_off) {
    ck_assert_int_eq(heapline_is_tracing(), 0);
    heapline_stop(); /* nothing happens */
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(heapline_start(1, NULL), 0);
        ck_assert_int_eq(heapline_is_tracing(), 1);
        heapline_clear_traces();
        ck_assert_int_eq(heapline_is_tracing(), 1);
        heapline_stop();
        ck_assert_int_eq(heapline_is_tracing(), 0);
        heapline_stop();
    }
}
END_TEST

START_TEST(p55_blocks_from_before_the_start) {
    static const struct memory expected[] = {{0, 0}, {200000, 200000}, {0, 200000}};
    struct memory seen[3];
    struct heapline_totals totals;
    void *block = malloc(50000), *other = malloc(10);
    heapline_start(1, NULL);
    free(block);
    seen[0] = memory_now();
    other = realloc(other, 200000);
    seen[1] = memory_now();
    free(other);
    seen[2] = memory_now();
    heapline_get_totals(0, &totals);
    heapline_stop();
    assert_memory(seen, expected, 3);
    ck_assert_count(totals.total, 200000, 1);
    ck_assert_uint_eq(totals.frees, 1);
}
END_TEST

START_TEST(a_restart_knows_nothing_of_what_was_before) {
    struct memory seen[3];
    heapline_start(1, NULL);
    void *block = malloc(1000), *other = malloc(1000);
    heapline_stop();
    free(other);
    heapline_start(1, NULL);
    seen[0] = memory_now();
    int frames = heapline_get_block_traceback(block, NULL, 0, NULL);
    free(block);
    seen[1] = memory_now();
    heapline_stop();
    seen[2] = memory_now();
    for (int i = 0; i < 3; i++)
        assert_memory(&seen[i], nothing, 1);
    ck_assert_int_eq(frames, 0);
}
END_TEST

START_TEST(t1_tracer_memory) {
    enum { BLOCKS = 1000 };
    static void *blocks[BLOCKS];
    heapline_start(1, NULL);
    for (int i = 0; i < BLOCKS; i++)
        blocks[i] = malloc(8);
    uint64_t full = heapline_get_tracer_memory();
    heapline_clear_traces();
    uint64_t cleared = heapline_get_tracer_memory();
    heapline_stop();
    ck_assert_uint_gt(full, 0);
    ck_assert_uint_le(cleared, full);
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
}
END_TEST

START_TEST(t7_traced_memory) {
    enum { SIZE = 1 << 20 };
    static const struct memory expected[] = {{SIZE, SIZE}, {0, SIZE}, {0, 0}, {0, 0}};
    struct memory seen[4];
    heapline_start(1, NULL);
    void *block = malloc(SIZE);
    seen[0] = memory_now();
    free(block);
    seen[1] = memory_now();
    heapline_clear_traces();
    seen[2] = memory_now();
    heapline_stop();
    seen[3] = memory_now();
    assert_memory(seen, expected, 4);
    heapline_get_traced_memory(NULL, NULL);
}
END_TEST

START_TEST(t8_what_is_cleared_is_unknown) {
    int total = -1;
    heapline_start(1, NULL);
    void *block = malloc(123);
    int before = heapline_get_block_traceback(block, NULL, 0, &total), known = total;
    heapline_clear_traces();
    int after = heapline_get_block_traceback(block, NULL, 0, &total);
    free(block);
    struct memory seen = memory_now();
    int is_on = heapline_is_tracing();
    heapline_stop();
    ck_assert_int_eq(before, 0); /* none was asked for */
    ck_assert_int_gt(known, 0);
    ck_assert_int_eq(after, 0);
    ck_assert_int_eq(total, 0);
    ck_assert_int_eq(is_on, 1);
    assert_memory(&seen, nothing, 1);
}
END_TEST

START_TEST(t9_reset_peak) {
    enum { SIZE = 1 << 20 };
    static const struct memory expected[] = {{0, 10 * SIZE}, {0, 0}, {SIZE, SIZE}, {0, SIZE}};
    struct memory seen[4];
    heapline_start(1, NULL);
    free(malloc(10 * SIZE));
    seen[0] = memory_now();
    heapline_reset_peak();
    seen[1] = memory_now();
    void *block = malloc(SIZE);
    seen[2] = memory_now();
    free(block);
    seen[3] = memory_now();
    heapline_stop();
    assert_memory(seen, expected, 4);
}
END_TEST

START_TEST(the_peak_of_a_row_is_reset_too) {
    struct heapline_totals before, after;
    heapline_start(1, NULL);
    heapline_track(1, 1, 100);
    heapline_track(2, 2, 50);
    heapline_untrack(1, 1);
    heapline_get_totals(1, &before);
    heapline_reset_peak();
    heapline_get_totals(1, &after);
    heapline_stop();
    ck_assert_count(before.peak, 100, 1);
    ck_assert_count(after.peak, 0, 0);
}
END_TEST

START_TEST(sizes_are_those_requested) {
    void *block[6];
    heapline_start(1, NULL);
    block[0] = malloc(0);
    block[1] = malloc(1);
    block[2] = calloc(3, 7);
    block[3] = aligned_alloc(64, 100);
    int r = posix_memalign(&block[4], 4096, 100);
    block[5] = realloc(NULL, 13);
    struct memory seen = memory_now();
    heapline_stop();
    ck_assert_int_eq(r, 0);
    assert_memory(&seen, &(struct memory){0 + 1 + 21 + 100 + 100 + 13, 235}, 1);
    for (int i = 0; i < 6; i++)
        free(block[i]);
}
END_TEST

START_TEST(what_fails_changes_nothing) {
    volatile size_t too_much = PTRDIFF_MAX;
    struct heapline_totals totals;
    int total;
    heapline_start(1, NULL);
    void *block = malloc(100);
    void *failed[] = {malloc(too_much), calloc(too_much, 4), realloc(block, too_much)};
    heapline_get_block_traceback(block, NULL, 0, &total);
    heapline_get_totals(0, &totals);
    free(NULL);
    struct memory seen = memory_now();
    heapline_stop();
    for (int i = 0; i < 3; i++)
        ck_assert_ptr_null(failed[i]);
    assert_memory(&seen, &(struct memory){100, 100}, 1);
    ck_assert_int_gt(total, 0);
    ck_assert_count(totals.total, 100, 1);
    ck_assert_uint_eq(totals.frees, 0);
    ck_assert_uint_eq(totals.failed, 3);
    free(block);
}
END_TEST

START_TEST(realloc_to_nothing_frees) {
    struct heapline_totals totals;
    void *(*volatile reallocate)(void *, size_t) = realloc;
    heapline_start(1, NULL);
    void *block = malloc(100);
    block = reallocate(block, 0);
    heapline_get_totals(0, &totals);
    heapline_stop();
    ck_assert_ptr_null(block);
    ck_assert_count(totals.current, 0, 0);
    ck_assert_count(totals.total, 100, 1);
    ck_assert_uint_eq(totals.frees, 1);
}
END_TEST

START_TEST(totals) {
    struct heapline_totals t;
    heapline_start(1, NULL);
    void *kept = malloc(100), *first = malloc(50), *second = malloc(7);
    free(second); /* temporary: nothing was allocated in between */
    free(first);
    kept = realloc(kept, 30);
    int r = heapline_get_totals(HEAPLINE_DOMAIN_MALLOC, &t);
    heapline_stop();
    ck_assert_int_eq(r, 0);
    ck_assert_count(t.current, 30, 1);
    ck_assert_count(t.peak, 157, 3);
    ck_assert_count(t.total, 187, 4);
    ck_assert_uint_eq(t.frees, 3);
    ck_assert_uint_eq(t.temporary, 1);
    ck_assert_uint_eq(t.failed, 0);
    free(kept);
}
END_TEST

static void allocate(void *block) {
    *(void **)block = malloc(12345);
}

START_TEST(every_thread_is_traced) {
    struct memory seen[3];
    struct helper helper;
    void *block;
    helper_begin(&helper, allocate, &block);
    heapline_start(1, NULL);
    helper_act(&helper);
    seen[0] = memory_now();
    int frames = heapline_get_block_traceback(block, NULL, 0, NULL);
    heapline_get_block_traceback(block, NULL, 0, &frames);
    free(block);
    seen[1] = memory_now();
    heapline_stop();
    helper_end(&helper);
    assert_memory(&seen[0], &(struct memory){12345, 12345}, 1);
    assert_memory(&seen[1], &(struct memory){0, 12345}, 1);
    ck_assert_int_gt(frames, 1);
}
END_TEST

START_TEST(a_paused_thread) {
    static const struct memory expected[] = {{1, 1}, {1, 1}, {1, 1001}, {51, 1001}, {56, 1001}};
    struct memory seen[5];
    heapline_start(1, NULL);
    heapline_pause_thread();
    heapline_pause_thread();
    void *first = malloc(100);
    heapline_resume_thread();
    void *second = malloc(10);
    heapline_resume_thread();
    void *counted = malloc(1);
    seen[0] = memory_now();
    free(first);
    free(second);
    seen[1] = memory_now();
    void *block = malloc(1000);
    heapline_pause_thread();
    block = realloc(block, 2000); /* its freeing half counts */
    seen[2] = memory_now();
    heapline_track(9, 1, 50);
    heapline_resume_thread();
    seen[3] = memory_now();
    heapline_resume_thread(); /* one too many */
    void *last = malloc(5);
    seen[4] = memory_now();
    heapline_stop();
    assert_memory(seen, expected, 5);
    free(block);
    free(counted);
    free(last);
}
END_TEST

START_TEST(a_pause_is_the_threads_own) {
    struct helper helper;
    void *block;
    helper_begin(&helper, allocate, &block);
    heapline_start(1, NULL);
    heapline_pause_thread();
    helper_act(&helper);
    heapline_resume_thread();
    struct memory seen = memory_now();
    heapline_stop();
    helper_end(&helper);
    assert_memory(&seen, &(struct memory){12345, 12345}, 1);
    free(block);
}
END_TEST

static void assert_nothing_while_off(void) {
    struct heapline_totals totals = {.frees = 1};
    struct heapline_error err = {0};
    uintptr_t address[1];
    int total = 1;
    void *block = malloc(10);
    struct memory seen = memory_now();
    assert_memory(&seen, nothing, 1);
    ck_assert_int_eq(heapline_get_totals(0, &totals), HEAPLINE_OFF);
    ck_assert_uint_eq(totals.frees, 0);
    ck_assert_int_eq(heapline_get_all_totals(NULL), HEAPLINE_OFF);
    ck_assert_int_eq(heapline_get_block_traceback(block, address, 1, &total), 0);
    ck_assert_int_eq(total, 0);
    ck_assert_int_eq(heapline_get_traceback(3, 1, address, 1, NULL), 0);
    ck_assert_int_eq(heapline_track(3, 1, 1), HEAPLINE_OFF);
    ck_assert_int_eq(heapline_track_typed(3, 1, 1, 9), HEAPLINE_OFF);
    ck_assert_int_eq(heapline_untrack(3, 1), HEAPLINE_OFF);
    ck_assert_ptr_null(heapline_scope_begin(0, &err));
    ck_assert_int_eq(err.code, HEAPLINE_BAD_STATE);
    ck_assert_ptr_null(heapline_take_snapshot(0, &err));
    ck_assert_int_eq(err.code, HEAPLINE_BAD_STATE);
    ck_assert_int_eq(heapline_write_snapshot("never.snap", &err), -1);
    ck_assert_int_eq(err.code, HEAPLINE_BAD_STATE);
    ck_assert_int_ne(access("never.snap", F_OK), 0);
    heapline_clear_traces();
    heapline_reset_peak();
    heapline_stop();
    heapline_pause_thread();
    heapline_resume_thread();
    ck_assert_int_eq(heapline_is_tracing(), 0);
    free(block);
}

START_TEST(while_off) {
    struct heapline_error err = {0};
    assert_nothing_while_off();
    ck_assert_int_eq(heapline_name_domain(3, "x"), -1);
    ck_assert_int_eq(heapline_register_type(3, "x"), -1);
    ck_assert_int_eq(heapline_set_label("x", "y", &err), -1);
    ck_assert_int_eq(err.code, HEAPLINE_BAD_STATE);
    heapline_start(1, NULL);
    heapline_stop();
    assert_nothing_while_off();
}
END_TEST

START_TEST(errors_are_written_only_on_failure) {
    struct heapline_error err = {.code = 77, .os_errno = 78, .message = "mine"};
    ck_assert_int_eq(heapline_start(1, &err), 0);
    ck_assert_int_eq(heapline_start(2, &err), 0);
    ck_assert_int_eq(heapline_set_label("a", "b", &err), 0);
    ck_assert_int_eq(err.code, 77);
    ck_assert_int_eq(err.os_errno, 78);
    ck_assert_str_eq(err.message, "mine");
    ck_assert_str_eq(heapline_version(), PACKAGE_VERSION);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("api");
    tcase_add_test(tests, p53_realloc_is_never_counted_twice);
    tcase_add_test(tests, p52_tracked_blocks);
    tcase_add_test(tests, p54_the_limit_is_that_of_the_last_start);
    tcase_add_test(tests, an_ignored_start_keeps_what_is_recorded);
    tcase_add_loop_test(tests, t4_limits_that_cannot_be, 0,
                        (int)(sizeof bad_limits / sizeof *bad_limits));
    tcase_add_test(tests, t10_on_and_off);
    tcase_add_test(tests, p55_blocks_from_before_the_start);
    tcase_add_test(tests, a_restart_knows_nothing_of_what_was_before);
    tcase_add_test(tests, t1_tracer_memory);
    tcase_add_test(tests, t7_traced_memory);
    tcase_add_test(tests, t8_what_is_cleared_is_unknown);
    tcase_add_test(tests, t9_reset_peak);
    tcase_add_test(tests, the_peak_of_a_row_is_reset_too);
    tcase_add_test(tests, sizes_are_those_requested);
    tcase_add_test(tests, what_fails_changes_nothing);
    tcase_add_test(tests, realloc_to_nothing_frees);
    tcase_add_test(tests, totals);
    tcase_add_test(tests, every_thread_is_traced);
    tcase_add_test(tests, a_paused_thread);
    tcase_add_test(tests, a_pause_is_the_threads_own);
    tcase_add_test(tests, while_off);
    tcase_add_test(tests, errors_are_written_only_on_failure);
    return run_suite(suite_of("api", tests));
}

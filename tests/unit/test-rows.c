/* Statistics and differences: scenarios P57 to P61 and P64, and the order of rows. */
#include "snapshot_fixture.h"

static struct heapline_snapshot *t1, *t2, *own;

static void setup(void) {
    t1 = snapshot_t1();
    t2 = snapshot_t2();
    own = new_snapshot();
}

static void teardown(void) {
    heapline_snapshot_free(t1);
    heapline_snapshot_free(t2);
    heapline_snapshot_free(own);
}

START_TEST(p57_by_lineno) {
    ck_assert_str_eq(statistics_text(t1, HEAPLINE_BY_LINENO, 0),
                     "b.py:1: size=66 B, count=1, average=66 B\n"
                     "a.py:2: size=30 B, count=3, average=10 B\n"
                     "<unknown>:0: size=7 B, count=1, average=7 B\n"
                     "a.py:5: size=2 B, count=1, average=2 B\n");
}
END_TEST

START_TEST(p58_by_filename) {
    ck_assert_str_eq(statistics_text(t1, HEAPLINE_BY_FILENAME, 0),
                     "b.py:0: size=66 B, count=1, average=66 B\n"
                     "a.py:0: size=32 B, count=4, average=8 B\n"
                     "<unknown>:0: size=7 B, count=1, average=7 B\n");
    ck_assert_str_eq(statistics_text(t1, HEAPLINE_BY_FILENAME, HEAPLINE_CUMULATIVE),
                     "b.py:0: size=98 B, count=5, average=20 B\n"
                     "a.py:0: size=32 B, count=4, average=8 B\n"
                     "<unknown>:0: size=7 B, count=1, average=7 B\n");
}
END_TEST

START_TEST(p59_by_lineno_cumulative) {
    ck_assert_str_eq(statistics_text(t1, HEAPLINE_BY_LINENO, HEAPLINE_CUMULATIVE),
                     "b.py:1: size=66 B, count=1, average=66 B\n"
                     "b.py:4: size=32 B, count=4, average=8 B\n"
                     "a.py:2: size=30 B, count=3, average=10 B\n"
                     "<unknown>:0: size=7 B, count=1, average=7 B\n"
                     "a.py:5: size=2 B, count=1, average=2 B\n");
}
END_TEST

START_TEST(p60_compare_by_lineno) {
    ck_assert_str_eq(difference_text(t2, t1, HEAPLINE_BY_LINENO, 0),
                     "a.py:5: size=5002 B (+5000 B), count=2 (+1), average=2501 B\n"
                     "c.py:578: size=400 B (+400 B), count=1 (+1), average=400 B\n"
                     "b.py:1: size=0 B (-66 B), count=0 (-1)\n"
                     "<unknown>:0: size=0 B (-7 B), count=0 (-1)\n"
                     "a.py:2: size=30 B (+0 B), count=3 (+0), average=10 B\n");
}
END_TEST

START_TEST(t14_compare_by_filename) {
    ck_assert_str_eq(difference_text(t2, t1, HEAPLINE_BY_FILENAME, 0),
                     "a.py:0: size=5032 B (+5000 B), count=5 (+1), average=1006 B\n"
                     "c.py:0: size=400 B (+400 B), count=1 (+1), average=400 B\n"
                     "b.py:0: size=0 B (-66 B), count=0 (-1)\n"
                     "<unknown>:0: size=0 B (-7 B), count=0 (-1)\n");
}
END_TEST

START_TEST(t14_compare_by_traceback) {
    ck_assert_str_eq(difference_text(t2, t1, HEAPLINE_BY_TRACEBACK, 0),
                     "b.py:4: size=5002 B (+5000 B), count=2 (+1), average=2501 B\n"
                     "c.py:578: size=400 B (+400 B), count=1 (+1), average=400 B\n"
                     "b.py:1: size=0 B (-66 B), count=0 (-1)\n"
                     "<unknown>:0: size=0 B (-7 B), count=0 (-1)\n"
                     "b.py:4: size=30 B (+0 B), count=3 (+0), average=10 B\n");
}
END_TEST

START_TEST(t14_a_traceback_row_has_the_oldest_frame_first) {
    const struct heapline_row *row;
    struct heapline_rows *rows = heapline_snapshot_statistics(t1, HEAPLINE_BY_TRACEBACK, 0, NULL);
    ck_assert_uint_eq(heapline_rows_get(rows, &row), 4);
    ck_assert_int_eq(row[1].traceback.nframe, 2);
    ck_assert_int_eq(row[1].traceback.total_nframe, -1);
    ck_assert_str_eq(row[1].traceback.frames[0].file, "b.py");
    ck_assert_int_eq(row[1].traceback.frames[0].line, 4);
    ck_assert_str_eq(row[1].traceback.frames[1].file, "a.py");
    ck_assert_int_eq(row[1].traceback.frames[1].line, 2);
    ck_assert_ptr_null(row[1].name);
    heapline_rows_free(rows);
}
END_TEST

static void is_refused(struct heapline_rows *rows, struct heapline_error *err) {
    ck_assert_ptr_null(rows);
    ck_assert_int_eq(err->code, HEAPLINE_BAD_ARGUMENT);
    err->code = 0;
}

START_TEST(p64_what_cannot_be_grouped_is_refused) {
    static const int keys[] = {HEAPLINE_BY_TRACEBACK, HEAPLINE_BY_DOMAIN, HEAPLINE_BY_TYPE};
    struct heapline_error err = {0};
    for (size_t i = 0; i < 3; i++) {
        is_refused(heapline_snapshot_statistics(t1, keys[i], HEAPLINE_CUMULATIVE, &err), &err);
        is_refused(heapline_snapshot_compare_to(t1, t2, keys[i], HEAPLINE_CUMULATIVE, &err), &err);
    }
    is_refused(heapline_snapshot_statistics(t1, 0, 0, &err), &err);
    is_refused(heapline_snapshot_statistics(t1, HEAPLINE_BY_TYPE + 1, 0, &err), &err);
    is_refused(heapline_snapshot_statistics(t1, -1, HEAPLINE_CUMULATIVE, &err), &err);
    is_refused(heapline_snapshot_statistics(t1, HEAPLINE_BY_LINENO, 4, &err), &err);
    is_refused(heapline_snapshot_compare_to(t1, NULL, HEAPLINE_BY_LINENO, 0, &err), &err);
    is_refused(heapline_snapshot_compare_to(NULL, t1, HEAPLINE_BY_LINENO, 0, &err), &err);
}
END_TEST

START_TEST(ties_put_the_greater_place_first) {
    static const char *const places[] = {"a.c:2", "a.c:10", "b.c:2", "a.c:9"};
    for (size_t i = 0; i < 4; i++)
        add(own, 0, 1, places[i]);
    ck_assert_str_eq(statistics_text(own, HEAPLINE_BY_LINENO, 0),
                     "b.c:2: size=1 B, count=1, average=1 B\n"
                     "a.c:10: size=1 B, count=1, average=1 B\n"
                     "a.c:9: size=1 B, count=1, average=1 B\n"
                     "a.c:2: size=1 B, count=1, average=1 B\n");
}
END_TEST

START_TEST(equal_changes_put_the_larger_row_first) {
    struct heapline_snapshot *old = new_snapshot();
    add(own, 0, 10, "new.c:1");
    add(own, 0, 500, "same.c:1");
    add(own, 0, 9, "same.c:2");
    add(own, 0, 1, "same.c:2");
    add(old, 0, 10, "gone.c:1");
    add(old, 0, 500, "same.c:1");
    add(old, 0, 10, "same.c:2");
    ck_assert_str_eq(difference_text(own, old, HEAPLINE_BY_LINENO, 0),
                     "new.c:1: size=10 B (+10 B), count=1 (+1), average=10 B\n"
                     "gone.c:1: size=0 B (-10 B), count=0 (-1)\n"
                     "same.c:1: size=500 B (+0 B), count=1 (+0), average=500 B\n"
                     "same.c:2: size=10 B (+0 B), count=2 (+1), average=5 B\n");
    heapline_snapshot_free(old);
}
END_TEST

START_TEST(recursion_counts_every_time) {
    add(own, 0, 100, "a.c:5 a.c:5 a.c:5 a.c:1");
    ck_assert_str_eq(statistics_text(own, HEAPLINE_BY_LINENO, HEAPLINE_CUMULATIVE),
                     "a.c:5: size=300 B, count=3, average=100 B\n"
                     "a.c:1: size=100 B, count=1, average=100 B\n");
}
END_TEST

START_TEST(nothing_gives_no_rows) {
    ck_assert_str_eq(statistics_text(own, HEAPLINE_BY_LINENO, 0), "");
    ck_assert_str_eq(difference_text(own, own, HEAPLINE_BY_TRACEBACK, 0), "");
}
END_TEST

START_TEST(a_block_of_no_bytes_is_live) {
    add(own, 0, 0, "a.c:1");
    ck_assert_str_eq(statistics_text(own, HEAPLINE_BY_LINENO, 0),
                     "a.c:1: size=0 B, count=1, average=0 B\n");
}
END_TEST

START_TEST(what_was_freed_has_rows_only_when_asked_for) {
    struct path_text p;
    struct heapline_trace t = {.traceback = *path_parse(&p, "a.c:1")};
    t.total = t.peak = (struct heapline_count){10, 2};
    t.temporary = 1;
    ck_assert_int_eq(heapline_snapshot_add(own, &t, NULL), 0);
    ck_assert_str_eq(statistics_text(own, HEAPLINE_BY_LINENO, 0), "");
    struct heapline_rows *rows =
        heapline_snapshot_statistics(own, HEAPLINE_BY_LINENO, HEAPLINE_WITH_FREED, NULL);
    const struct heapline_row *row;
    ck_assert_uint_eq(heapline_rows_get(rows, &row), 1);
    ck_assert_uint_eq(row->size, 0);
    ck_assert_uint_eq(row->total.bytes, 10);
    ck_assert_uint_eq(row->peak.count, 2);
    ck_assert_uint_eq(row->temporary, 1);
    ck_assert_int_eq(row->is_diff, 0);
    heapline_rows_free(rows);
}
END_TEST

/* --- The keys that tracemalloc has not --- */

static void add_named(const char *function, const char *module, const char *type, unsigned domain,
                      uint64_t size) {
    struct heapline_frame frame = {"a.c", function, module, 1, 0};
    struct heapline_trace t = {{&frame, 1, 1}, type, domain, 0, {size, 1}, {0}, {0}, 0};
    ck_assert_int_eq(heapline_snapshot_add(own, &t, NULL), 0);
}

START_TEST(functions_are_merged_across_modules) {
    add_named("f", "/lib/a.so", NULL, 0, 1);
    add_named("f", "/lib/b.so", NULL, 0, 2);
    add_named("g", "/lib/b.so", NULL, 0, 1);
    add_named("malloc", NULL, NULL, 0, 9); /* given frames are no wrappers */
    ck_assert_str_eq(statistics_text(own, HEAPLINE_BY_FUNCTION, 0),
                     "malloc: size=9 B, count=1, average=9 B\n"
                     "f: size=3 B, count=2, average=2 B\n"
                     "g: size=1 B, count=1, average=1 B\n");
    ck_assert_str_eq(statistics_text(own, HEAPLINE_BY_MODULE, 0),
                     "a.c: size=9 B, count=1, average=9 B\n"
                     "/lib/b.so: size=3 B, count=2, average=2 B\n"
                     "/lib/a.so: size=1 B, count=1, average=1 B\n");
}
END_TEST

START_TEST(domains_and_types_have_names) {
    add_named("f", NULL, "list", 0, 4);
    add_named("f", NULL, "dict", 7, 2);
    add_named("f", NULL, NULL, 4294967295, 1);
    ck_assert_str_eq(statistics_text(own, HEAPLINE_BY_DOMAIN, 0),
                     "malloc: size=4 B, count=1, average=4 B\n"
                     "7: size=2 B, count=1, average=2 B\n"
                     "4294967295: size=1 B, count=1, average=1 B\n");
    ck_assert_str_eq(statistics_text(own, HEAPLINE_BY_TYPE, 0),
                     "list: size=4 B, count=1, average=4 B\n"
                     "dict: size=2 B, count=1, average=2 B\n"
                     "(untyped): size=1 B, count=1, average=1 B\n");
    struct heapline_rows *rows = heapline_snapshot_statistics(own, HEAPLINE_BY_TYPE, 0, NULL);
    const struct heapline_row *row;
    heapline_rows_get(rows, &row);
    ck_assert_str_eq(row->name, "list");
    ck_assert_int_eq(row->traceback.nframe, 0);
    heapline_rows_free(rows);
}
END_TEST

/* No two of them are one row. */
START_TEST(types_that_are_called_like_none_are_told_from_it) {
    add_named("f", NULL, "(untyped)", 0, 4);
    add_named("f", NULL, "\\(untyped)", 0, 3);
    add_named("f", NULL, "\\untyped", 0, 2);
    add_named("f", NULL, NULL, 0, 1);
    ck_assert_str_eq(statistics_text(own, HEAPLINE_BY_TYPE, 0),
                     "\\(untyped): size=4 B, count=1, average=4 B\n"
                     "\\\\(untyped): size=3 B, count=1, average=3 B\n"
                     "\\untyped: size=2 B, count=1, average=2 B\n"
                     "(untyped): size=1 B, count=1, average=1 B\n");
}
END_TEST

START_TEST(a_row_by_line_names_the_function_that_all_its_traces_share) {
    add_named("f", "/lib/a.so", NULL, 0, 1);
    add_named("f", "/lib/b.so", NULL, 0, 2);
    struct heapline_rows *rows = heapline_snapshot_statistics(own, HEAPLINE_BY_LINENO, 0, NULL);
    const struct heapline_row *row;
    ck_assert_uint_eq(heapline_rows_get(rows, &row), 1);
    ck_assert_str_eq(row->traceback.frames[0].function, "f");
    ck_assert_ptr_null(row->traceback.frames[0].module);
    heapline_rows_free(rows);
}
END_TEST

START_TEST(rows_outlive_their_snapshots) {
    struct heapline_rows *rows =
        heapline_snapshot_compare_to(t2, t1, HEAPLINE_BY_TRACEBACK, 0, NULL);
    heapline_snapshot_free(t1);
    heapline_snapshot_free(t2);
    t1 = t2 = NULL;
    ck_assert_int_eq(strncmp(rows_text(rows), "b.py:4: size=5002 B", 19), 0);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("rows");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, p57_by_lineno);
    tcase_add_test(tests, p58_by_filename);
    tcase_add_test(tests, p59_by_lineno_cumulative);
    tcase_add_test(tests, p60_compare_by_lineno);
    tcase_add_test(tests, t14_compare_by_filename);
    tcase_add_test(tests, t14_compare_by_traceback);
    tcase_add_test(tests, t14_a_traceback_row_has_the_oldest_frame_first);
    tcase_add_test(tests, p64_what_cannot_be_grouped_is_refused);
    tcase_add_test(tests, ties_put_the_greater_place_first);
    tcase_add_test(tests, equal_changes_put_the_larger_row_first);
    tcase_add_test(tests, recursion_counts_every_time);
    tcase_add_test(tests, nothing_gives_no_rows);
    tcase_add_test(tests, a_block_of_no_bytes_is_live);
    tcase_add_test(tests, what_was_freed_has_rows_only_when_asked_for);
    tcase_add_test(tests, functions_are_merged_across_modules);
    tcase_add_test(tests, domains_and_types_have_names);
    tcase_add_test(tests, types_that_are_called_like_none_are_told_from_it);
    tcase_add_test(tests, a_row_by_line_names_the_function_that_all_its_traces_share);
    tcase_add_test(tests, rows_outlive_their_snapshots);
    return run_suite(suite_of("rows", tests));
}

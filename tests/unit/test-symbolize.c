/* heapline_symbolize: this program's own addresses. */
#include "snapshot_fixture.h"

static uintptr_t address[2];

/* The last thing that it does is no call: what it returns to is its caller's line. */
static __attribute__((noinline)) int here(void) {
    address[0] = (uintptr_t)__builtin_return_address(0);
    return __LINE__;
}

static __attribute__((noinline)) int outer(int *line) {
    address[1] = (uintptr_t)__builtin_return_address(0);
    int other = here();
    *line = __LINE__ - 1;
    return other;
}

static const struct heapline_traceback *traceback_of(const struct heapline_snapshot *s) {
    const struct heapline_trace *traces;
    ck_assert_uint_eq(heapline_snapshot_traces(s, &traces), 1);
    return &traces->traceback;
}

START_TEST(addresses_become_lines) {
    int line, last = outer(&line);
    ck_assert_int_gt(last, 0);
    struct heapline_error err;
    struct heapline_snapshot *s = heapline_symbolize(address, 2, &err);
    ck_assert_msg(s != NULL, "%s", err.message);
    const struct heapline_traceback *tb = traceback_of(s);
    ck_assert_int_eq(tb->nframe, tb->total_nframe);
    const struct heapline_frame *inner = &tb->frames[tb->nframe - 1];
    ck_assert_int_ge(tb->nframe, 2);
    ck_assert_str_eq(strrchr(inner->file, '/'), "/test-symbolize.c");
    ck_assert_int_eq(inner->line, line);
    ck_assert_str_eq(inner->function, "outer");
    ck_assert_ptr_nonnull(strstr(inner->module, "test-symbolize"));
    ck_assert_str_eq(tb->frames[tb->nframe - 2].function, "addresses_become_lines_fn");
    heapline_snapshot_free(s);
}
END_TEST

START_TEST(nowhere_is_unknown) {
    static const uintptr_t none[] = {0, 1, UINTPTR_MAX};
    struct heapline_snapshot *s = heapline_symbolize(none, 3, NULL);
    const struct heapline_traceback *tb = traceback_of(s);
    ck_assert_int_eq(tb->nframe, 3);
    ck_assert_str_eq(tb->frames[2].file, "<unknown>");
    heapline_snapshot_free(s);
    s = heapline_symbolize(NULL, 0, NULL);
    ck_assert_int_eq(traceback_of(s)->nframe, 1);
    ck_assert_str_eq(traceback_of(s)->frames[0].file, "<unknown>");
    heapline_snapshot_free(s);
}
END_TEST

START_TEST(no_addresses_are_refused) {
    struct heapline_error err = {0};
    ck_assert_ptr_null(heapline_symbolize(NULL, 1, &err));
    ck_assert_int_eq(err.code, HEAPLINE_BAD_ARGUMENT);
    ck_assert_ptr_null(heapline_symbolize(address, -1, NULL));
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("symbolize");
    tcase_add_test(tests, addresses_become_lines);
    tcase_add_test(tests, nowhere_is_unknown);
    tcase_add_test(tests, no_addresses_are_refused);
    return run_suite(suite_of("symbolize", tests));
}

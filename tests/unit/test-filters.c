/* heapline_snapshot_filter_traces: scenarios P62 and P63, and the matcher's table as data. */
#include "snapshot_fixture.h"

static struct heapline_snapshot *t1;

static void setup(void) {
    t1 = snapshot_t1();
}

static void teardown(void) {
    heapline_snapshot_free(t1);
}

static struct heapline_filter filter(int inclusive, const char *pattern, int line) {
    return (struct heapline_filter){
        .filename_pattern = pattern, .domain = -1, .lineno = line, .inclusive = inclusive};
}

/* The sizes of the traces that stay, in the order of the snapshot. */
static const char *sizes_left(const struct heapline_snapshot *s,
                              const struct heapline_filter *filters, size_t n) {
    static char text[TEXT_SIZE];
    struct heapline_error err;
    struct heapline_snapshot *left = heapline_snapshot_filter_traces(s, filters, n, &err);
    ck_assert_msg(left != NULL, "%s", err.message);
    const struct heapline_trace *traces;
    size_t length = 0, count = heapline_snapshot_traces(left, &traces);
    ck_assert_int_eq(heapline_snapshot_traceback_limit(left), 100);
    text[0] = 0;
    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%d", i ? " " : "",
                                   (int)traces[i].current.bytes);
    heapline_snapshot_free(left);
    return text;
}

START_TEST(p62_filters_of_t1) {
    struct heapline_filter exclude_b = filter(0, "b.py", -1);
    ck_assert_str_eq(sizes_left(t1, &exclude_b, 1), "10 10 10 2 7");
    const struct heapline_filter two_lines[] = {filter(1, "a.py", 2), filter(1, "a.py", 5)};
    ck_assert_str_eq(sizes_left(t1, two_lines, 2), "10 10 10 2");
    struct heapline_filter domain_1 = filter(0, "a.py", -1);
    domain_1.domain = 1;
    ck_assert_str_eq(sizes_left(t1, &domain_1, 1), "10 10 10 66 7");
    struct heapline_filter domain_3 = {.domain = 3, .lineno = -1};
    ck_assert_str_eq(sizes_left(t1, &domain_3, 1), "10 10 10 2 66");
    domain_3.inclusive = 1;
    ck_assert_str_eq(sizes_left(t1, &domain_3, 1), "7");
}
END_TEST

static int matches(const struct heapline_filter *f, const char *path) {
    struct heapline_snapshot *s = new_snapshot();
    add(s, 0, 1, path);
    int result = strcmp(sizes_left(s, f, 1), "1") == 0;
    heapline_snapshot_free(s);
    return result;
}

START_TEST(p63_all_frames) {
    struct heapline_filter f = filter(1, "b.py", -1);
    ck_assert(!matches(&f, "a.py:2 b.py:3"));
    f.all_frames = 1;
    ck_assert(matches(&f, "a.py:2 b.py:3"));
    ck_assert(!matches(&f, "c.py:5 <unknown>:0"));
    f.lineno = 2;
    ck_assert(!matches(&f, "a.py:2 b.py:3")); /* file and line of one frame */
    f.lineno = 3;
    ck_assert(matches(&f, "a.py:2 b.py:3"));
    f.inclusive = 0;
    ck_assert(!matches(&f, "a.py:2 b.py:3"));
    ck_assert(matches(&f, "a.py:2 b.py:4"));
}
END_TEST

START_TEST(t13_a_domain_on_a_filter) {
    struct heapline_filter f = filter(1, "a.py", -1);
    f.domain = 0;
    ck_assert_str_eq(sizes_left(t1, &f, 1), "10 10 10"); /* both must match */
    f.inclusive = 0;
    ck_assert_str_eq(sizes_left(t1, &f, 1), "2 66 7"); /* the exact combination goes */
}
END_TEST

START_TEST(t13_filters_combine) {
    struct heapline_filter f[] = {filter(1, "b.py", -1), filter(1, NULL, -1), filter(0, "a.py", 2)};
    f[1].domain = 3;
    ck_assert_str_eq(sizes_left(t1, f, 2), "66 7"); /* any of the inclusive */
    f[1].domain = 0;
    ck_assert_str_eq(sizes_left(t1, f, 3), "66"); /* and none of the others */
    ck_assert_str_eq(sizes_left(t1, &f[2], 1), "2 66 7");
    ck_assert_str_eq(sizes_left(t1, NULL, 0), "10 10 10 2 66 7");
}
END_TEST

START_TEST(line_0_is_a_line) {
    struct heapline_filter f = filter(1, "*", 0);
    ck_assert_str_eq(sizes_left(t1, &f, 1), "7");
}
END_TEST

/* The pattern language; what Python does with each. */
static const struct {
    const char *pattern, *file;
    int matches;
} globs[] = {
    {"a.py", "a.py", 1},   {"a.py", "a.pyx", 0}, {"a.py", "A.py", 0},
    {"", "", 1},           {"*", "", 1},         {"*", ".hidden/a\nb", 1},
    {"a*c", "abc/ddc", 1}, {"a*c", "abd", 0},    {"*.py", "lib/a.py", 1},
    {"a?c", "abc", 1},     {"a?c", "ac", 0},     {"a?c", "a/c", 1},
    {"?", "\xc3\xa9", 1}, /* a character, not a byte */
    {"[abc]", "b", 1},     {"[abc]", "d", 0},    {"[a-c]", "b", 1},
    {"[!a-c]", "b", 0},    {"[!a-c]", "d", 1},   {"[]x]", "]", 1},
    {"[!]]", "]", 0},      {"[a", "[a", 1},      {"[", "[", 1},
    {"[^a]", "^", 1},      {"[^a]", "b", 0},     {"\\*", "\\anything", 1},
    {"\\a", "a", 0},       {"[c-a]", "b", 0},    {"[!c-a]", "b", 1},
    {"[a-]", "-", 1},      {"{a,b}", "a", 0},    {"{a,b}", "{a,b}", 1},
    {"a.pyc", "a.py", 0}, /* object files of Python are no matter here */
};

START_TEST(patterns) {
    struct heapline_snapshot *s = new_snapshot();
    struct heapline_frame frame = {.file = globs[_i].file, .line = 1};
    struct heapline_trace t = {.traceback = {&frame, 1, 1}, .current = {1, 1}};
    struct heapline_filter f = filter(1, globs[_i].pattern, -1);
    ck_assert_int_eq(heapline_snapshot_add(s, &t, NULL), 0);
    ck_assert_str_eq(sizes_left(s, &f, 1), globs[_i].matches ? "1" : "");
    f.inclusive = 0;
    ck_assert_str_eq(sizes_left(s, &f, 1), globs[_i].matches ? "" : "1");
    heapline_snapshot_free(s);
}
END_TEST

START_TEST(the_result_is_a_snapshot_of_its_own) {
    struct heapline_filter f = filter(1, "a.py", -1);
    struct heapline_totals totals;
    struct heapline_snapshot *left = heapline_snapshot_filter_traces(t1, &f, 1, NULL);
    ck_assert_int_eq(heapline_snapshot_set_label(left, "k", "left", NULL), 0);
    ck_assert_ptr_null(heapline_snapshot_label(t1, "k"));
    ck_assert_str_eq(sizes_left(t1, NULL, 0), "10 10 10 2 66 7");
    heapline_snapshot_free(t1);
    t1 = NULL;
    ck_assert_int_eq(heapline_snapshot_totals(left, 0, &totals), 0);
    ck_assert_uint_eq(totals.current.bytes, 30);
    ck_assert_str_eq(statistics_text(left, HEAPLINE_BY_FILENAME, 0),
                     "a.py:0: size=32 B, count=4, average=8 B\n");
    heapline_snapshot_free(left);
}
END_TEST

START_TEST(what_no_trace_can_have_is_refused) {
    struct heapline_filter bad[] = {filter(1, "a", -2), filter(1, "a", -1), filter(1, "a", -1)};
    struct heapline_error err = {0};
    bad[1].domain = -2;
    bad[2].domain = INT64_C(1) << 32;
    for (size_t i = 0; i < 3; i++) {
        ck_assert_ptr_null(heapline_snapshot_filter_traces(t1, &bad[i], 1, &err));
        ck_assert_int_eq(err.code, HEAPLINE_BAD_ARGUMENT);
    }
    ck_assert_ptr_null(heapline_snapshot_filter_traces(t1, NULL, 1, NULL));
    ck_assert_ptr_null(heapline_snapshot_filter_traces(NULL, NULL, 0, NULL));
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("filters");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, p62_filters_of_t1);
    tcase_add_test(tests, p63_all_frames);
    tcase_add_test(tests, t13_a_domain_on_a_filter);
    tcase_add_test(tests, t13_filters_combine);
    tcase_add_test(tests, line_0_is_a_line);
    tcase_add_loop_test(tests, patterns, 0, (int)(sizeof globs / sizeof *globs));
    tcase_add_test(tests, the_result_is_a_snapshot_of_its_own);
    tcase_add_test(tests, what_no_trace_can_have_is_refused);
    return run_suite(suite_of("filters", tests));
}

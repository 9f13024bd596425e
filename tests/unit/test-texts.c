/* Texts of rows, traces, sizes and tracebacks: scenario P61, the tables of sizes and of limits. */
#include <unistd.h>
#include "snapshot_fixture.h"

static const struct {
    double bytes;
    const char *text, *signed_text;
} sizes[] = {
    {0, "0 B", "+0 B"},
    {1, "1 B", "+1 B"},
    {1023, "1023 B", "+1023 B"},
    {1024, "1024 B", "+1024 B"},
    {10239, "10239 B", "+10239 B"},
    {10240, "10.0 KiB", "+10.0 KiB"},
    {10292, "10.1 KiB", "+10.1 KiB"},
    {101376, "99.0 KiB", "+99.0 KiB"},
    {102399, "100.0 KiB", "+100.0 KiB"}, /* rounds up, but keeps the decimal */
    {102400, "100 KiB", "+100 KiB"},
    {524288, "512 KiB", "+512 KiB"},
    {1048576, "1024 KiB", "+1024 KiB"},
    {10485759, "10240 KiB", "+10240 KiB"},
    {10485760, "10.0 MiB", "+10.0 MiB"},
    {104857600, "100 MiB", "+100 MiB"},
    {1073741824, "1024 MiB", "+1024 MiB"},
    {1099511627776, "1024 GiB", "+1024 GiB"},
    {10995116277760, "10.0 TiB", "+10.0 TiB"},
    {1e16, "9095 TiB", "+9095 TiB"},
    {-20480, "-20.0 KiB", "-20.0 KiB"},
    {-1, "-1 B", "-1 B"},
    {7.0 / 3, "2 B", "+2 B"},
    {12.5, "12 B", "+12 B"}, /* to even */
    {0.5, "0 B", "+0 B"},
};

START_TEST(sizes_in_words) {
    char text[64];
    ck_assert_int_eq(heapline_size_text(sizes[_i].bytes, 0, text, sizeof text),
                     (int)strlen(sizes[_i].text));
    ck_assert_str_eq(text, sizes[_i].text);
    ck_assert_int_eq(heapline_size_text(sizes[_i].bytes, 1, text, sizeof text),
                     (int)strlen(sizes[_i].signed_text));
    ck_assert_str_eq(text, sizes[_i].signed_text);
}
END_TEST

START_TEST(any_number_has_a_text) {
    char text[512];
    ck_assert_int_gt(heapline_size_text(1.7e308, 1, text, sizeof text), 290);
    ck_assert_int_gt(heapline_size_text(1.0 / 0.0, 0, text, sizeof text), 0);
    ck_assert_int_gt(heapline_size_text(0.0 / 0.0, 0, text, sizeof text), 0);
}
END_TEST

static struct path_text path;

static const char *row_text(struct heapline_row row) {
    static char text[TEXT_SIZE];
    int length = heapline_row_text(&row, text, sizeof text);
    ck_assert_int_eq(length, (int)strlen(text));
    return text;
}

START_TEST(p61_rows_in_words) {
    struct heapline_traceback *tb = path_parse(&path, "a.py:5");
    ck_assert_str_eq(row_text((struct heapline_row){.traceback = *tb,
                                                    .size = 5002,
                                                    .count = 2,
                                                    .size_diff = 5000,
                                                    .count_diff = 1,
                                                    .is_diff = 1}),
                     "a.py:5: size=5002 B (+5000 B), count=2 (+1), average=2501 B");
    ck_assert_str_eq(row_text((struct heapline_row){.traceback = *path_parse(&path, "b.py:1"),
                                                    .size = 66,
                                                    .count = 1,
                                                    .size_diff = 66,
                                                    .count_diff = 1}),
                     "b.py:1: size=66 B, count=1, average=66 B");
    ck_assert_str_eq(
        row_text((struct heapline_row){
            .traceback = path.traceback, .size_diff = -66, .count_diff = -1, .is_diff = 1}),
        "b.py:1: size=0 B (-66 B), count=0 (-1)");
    ck_assert_str_eq(row_text((struct heapline_row){.name = "main", .size = 3, .count = 2}),
                     "main: size=3 B, count=2, average=2 B");
}
END_TEST

START_TEST(the_oldest_frame_stands_for_a_traceback) {
    char text[64];
    path_parse(&path, "a.py:2 b.py:4");
    struct heapline_trace t = {.traceback = path.traceback, .current = {4096, 1}};
    ck_assert_int_eq(heapline_trace_text(&t, text, sizeof text), 14);
    ck_assert_str_eq(text, "b.py:4: 4096 B");
    ck_assert_str_eq(row_text((struct heapline_row){.traceback = path.traceback}),
                     "b.py:4: size=0 B, count=0");
}
END_TEST

START_TEST(texts_are_cut_as_snprintf_cuts) {
    char text[8] = "xxxxxxx";
    struct heapline_row row = {.name = "name"};
    ck_assert_int_eq(heapline_row_text(&row, text, 5), 23);
    ck_assert_str_eq(text, "name");
    ck_assert_int_eq(heapline_row_text(&row, text, 1), 23);
    ck_assert_str_eq(text, "");
    ck_assert_int_eq(heapline_row_text(&row, NULL, 0), 23);
    ck_assert_int_eq(heapline_size_text(1023, 0, NULL, 0), 6);
}
END_TEST

START_TEST(nothing_has_no_text) {
    char text[8];
    struct heapline_row row = {0};
    struct heapline_trace trace = {0};
    struct heapline_traceback lost = {NULL, 2, -1};
    ck_assert_int_eq(heapline_row_text(NULL, text, sizeof text), -1);
    ck_assert_int_eq(heapline_row_text(&row, text, sizeof text), -1);
    ck_assert_int_eq(heapline_trace_text(NULL, text, sizeof text), -1);
    ck_assert_int_eq(heapline_trace_text(&trace, text, sizeof text), -1);
    ck_assert_int_eq(heapline_size_text(1, 0, NULL, 3), -1);
    ck_assert_int_eq(heapline_traceback_text(NULL, 1, 0, text, sizeof text), -1);
    ck_assert_int_eq(heapline_traceback_text(&lost, 1, 0, text, sizeof text), -1);
    ck_assert_int_eq(heapline_traceback_text(&row.traceback, 1, 0, text, sizeof text), 0);
}
END_TEST

/* --- Tracebacks --- */

#define OUTER "  File \"outer\", line 1\n"
#define MID "  File \"mid\", line 2\n"
#define INNER "  File \"inner\", line 3\n"

static const struct {
    int limit, most_recent_first;
    const char *text;
} formats[] = {
    {INT_MAX, 0, OUTER MID INNER},
    {1, 0, INNER},
    {2, 0, MID INNER},
    {3, 0, OUTER MID INNER},
    {9, 0, OUTER MID INNER},
    {0, 0, ""},
    {-1, 0, OUTER MID},
    {-2, 0, OUTER},
    {-3, 0, ""},
    {-9, 0, ""},
    {INT_MIN, 0, ""},
    {INT_MAX, 1, INNER MID OUTER},
    {2, 1, INNER MID},
    {-1, 1, MID OUTER},
    {0, 1, ""},
};

START_TEST(t14_limits_of_either_sign) {
    char text[TEXT_SIZE];
    path_parse(&path, "inner:3 mid:2 outer:1");
    int length = heapline_traceback_text(&path.traceback, formats[_i].limit,
                                         formats[_i].most_recent_first, text, sizeof text);
    ck_assert_str_eq(text, formats[_i].text);
    ck_assert_int_eq(length, (int)strlen(text));
}
END_TEST

static const char *frame_text(const char *file, int line) {
    static char text[2 * 4096];
    struct heapline_frame frame = {.file = file, .line = line};
    struct heapline_traceback tb = {&frame, 1, 1};
    ck_assert_int_gt(heapline_traceback_text(&tb, INT_MAX, 0, text, sizeof text), 0);
    const char *second = strchr(text, '\n') + 1;
    return second;
}

START_TEST(t14_source_lines_without_their_blanks) {
    char name[] = "/tmp/heapline-source.XXXXXX";
    FILE *file = fdopen(mkstemp(name), "w");
    fputs("first\n\t  int x = f( y );  \r\n   \t\n", file);
    for (int i = 0; i < 5000; i++)
        fputs("some text ", file);
    fputs("\nlast", file);
    fclose(file);
    ck_assert_str_eq(frame_text(name, 1), "    first\n");
    ck_assert_str_eq(frame_text(name, 2), "    int x = f( y );\n");
    ck_assert_str_eq(frame_text(name, 3), "");
    ck_assert_uint_eq(strlen(frame_text(name, 4)), 4 + 4096 + 1); /* cut */
    ck_assert_str_eq(frame_text(name, 5), "    last\n");
    ck_assert_str_eq(frame_text(name, 6), "");
    ck_assert_str_eq(frame_text(name, 0), "");
    unlink(name);
    ck_assert_str_eq(frame_text(name, 1), "");
    ck_assert_str_eq(frame_text("/dev/zero", 1), "");
    ck_assert_str_eq(frame_text("/tmp", 1), "");
}
END_TEST

static int compare(const char *a, const char *b) {
    struct path_text x, y;
    return heapline_traceback_compare(path_parse(&x, a), path_parse(&y, b));
}

START_TEST(tracebacks_are_ordered_from_the_oldest_frame) {
    ck_assert_int_eq(compare("a:1 b:2", "a:1 b:2"), 0);
    ck_assert_int_gt(compare("a:10", "a:9"), 0);
    ck_assert_int_lt(compare("a:2", "b:1"), 0);
    ck_assert_int_lt(compare("z:9 a:1", "a:1 b:1"), 0);
    ck_assert_int_lt(compare("a:1", "b:1 a:1"), 0); /* its own beginning */
    ck_assert_int_gt(compare("b:1 a:1", "a:1"), 0);
    path_parse(&path, "a:1");
    ck_assert_int_lt(heapline_traceback_compare(NULL, &path.traceback), 0);
    ck_assert_int_eq(heapline_traceback_compare(NULL, NULL), 0);
    struct heapline_traceback deeper = path.traceback;
    deeper.total_nframe = 7;
    ck_assert_int_eq(heapline_traceback_compare(&path.traceback, &deeper), 0);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("texts");
    tcase_add_loop_test(tests, sizes_in_words, 0, (int)(sizeof sizes / sizeof *sizes));
    tcase_add_test(tests, any_number_has_a_text);
    tcase_add_test(tests, p61_rows_in_words);
    tcase_add_test(tests, the_oldest_frame_stands_for_a_traceback);
    tcase_add_test(tests, texts_are_cut_as_snprintf_cuts);
    tcase_add_test(tests, nothing_has_no_text);
    tcase_add_loop_test(tests, t14_limits_of_either_sign, 0,
                        (int)(sizeof formats / sizeof *formats));
    tcase_add_test(tests, t14_source_lines_without_their_blanks);
    tcase_add_test(tests, tracebacks_are_ordered_from_the_oldest_frame);
    return run_suite(suite_of("texts", tests));
}

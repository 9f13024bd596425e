#include <check.h>
#include <stdlib.h>
#include "analysis/size_text.h"
#include "suite.h"

static const struct {
    double bytes;
    int with_sign;
    const char *text;
} cases[] = {
    {0, 0, "0 B"},
    {0, 1, "+0 B"},
    {1023, 0, "1023 B"},
    {1023, 1, "+1023 B"},
    {1024, 0, "1024 B"},
    {10239, 0, "10239 B"},
    {10240, 0, "10.0 KiB"},
    {10240, 1, "+10.0 KiB"},
    {10292, 0, "10.1 KiB"},
    {101376, 0, "99.0 KiB"},
    {102399, 0, "100.0 KiB"},
    {102400, 0, "100 KiB"},
    {-20480, 0, "-20.0 KiB"},
    {-20480, 1, "-20.0 KiB"},
    {524288, 0, "512 KiB"},
    {1048576, 0, "1024 KiB"},
    {10485759, 0, "10240 KiB"},
    {10485760, 0, "10.0 MiB"},
    {104857600, 0, "100 MiB"},
    {1073741824, 0, "1024 MiB"},
    {1099511627776, 0, "1024 GiB"},
    {10995116277760, 0, "10.0 TiB"},
    {1e16, 0, "9095 TiB"},
    {7.0 / 3, 0, "2 B"},
    {12.5, 0, "12 B"},
    {0.5, 0, "0 B"},
};

START_TEST(sizes_are_written_as_tracemalloc_does) {
    char text[SIZE_TEXT_MAX];
    ck_assert_str_eq(size_text(text, cases[_i].bytes, cases[_i].with_sign), cases[_i].text);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("size_text");
    TCase *tests = tcase_create("size_text");
    tcase_add_loop_test(tests, sizes_are_written_as_tracemalloc_does, 0,
                        sizeof cases / sizeof *cases);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "base/text.h"
#include "suite.h"

START_TEST(pieces_are_joined) {
    char buf[64];
    struct text t;
    text_init(&t, buf, sizeof buf);
    text_string(&t, "a=");
    text_decimal(&t, 0);
    text_bytes(&t, ",b=xyz", 4);
    text_decimal(&t, UINT64_MAX);
    text_string(&t, " ");
    text_hex(&t, 0xdeadbeef0);
    ck_assert_str_eq(buf, "a=0,b=x18446744073709551615 deadbeef0");
    ck_assert_uint_eq(t.length, strlen(buf));
}
END_TEST

START_TEST(a_full_buffer_cuts_and_tells_the_wanted_length) {
    char buf[6] = "?????";
    struct text t;
    text_init(&t, buf, 5);
    text_string(&t, "abc");
    text_string(&t, "defg");
    text_string(&t, "h");
    ck_assert_str_eq(buf, "abcd");
    ck_assert_int_eq(buf[5], 0);
    ck_assert_uint_eq(t.length, 8);
    text_init(&t, buf, 0);
    text_string(&t, "x");
    ck_assert_str_eq(buf, "abcd");
}
END_TEST

START_TEST(errors_name_subject_problem_and_cause) {
    struct heapline_error err;
    ck_assert_int_eq(error_set(&err, HEAPLINE_IO, ENOENT, "x.snap", "cannot open"), -1);
    ck_assert_str_eq(err.message, "x.snap: cannot open: No such file or directory");
    ck_assert_int_eq(err.code, HEAPLINE_IO);
    ck_assert_int_eq(err.os_errno, ENOENT);
    error_set(&err, HEAPLINE_BAD_FILE, 0, NULL, "empty file");
    ck_assert_str_eq(err.message, "empty file");
    error_set(&err, HEAPLINE_IO, 99999, NULL, "odd");
    ck_assert_str_eq(err.message, "odd: error 99999");
    ck_assert_int_eq(error_set(NULL, HEAPLINE_IO, 0, NULL, ""), -1);
}
END_TEST

START_TEST(a_long_subject_keeps_its_end) {
    char path[4096];
    struct heapline_error err;
    memset(path, 'd', sizeof path);
    strcpy(path + sizeof path - 12, "/last.snap");
    error_set(&err, HEAPLINE_BAD_FILE, 0, path, "empty file");
    ck_assert_ptr_nonnull(strstr(err.message, "/last.snap: empty file"));
    ck_assert_int_eq(strncmp(err.message, "...d", 4), 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("text");
    TCase *tests = tcase_create("text");
    tcase_add_test(tests, pieces_are_joined);
    tcase_add_test(tests, a_full_buffer_cuts_and_tells_the_wanted_length);
    tcase_add_test(tests, errors_name_subject_problem_and_cause);
    tcase_add_test(tests, a_long_subject_keeps_its_end);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

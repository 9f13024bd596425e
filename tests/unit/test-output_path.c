#include <check.h>
#include <stdlib.h>
#include <unistd.h>
#include "suite.h"
#include "tools/output_path.h"

static const struct output_name values = {.exe = "/usr/bin/my prog", .pid = 42, .time = 1700000000};

START_TEST(letters_become_what_they_stand_for) {
    static const char *const cases[][2] = {
        {OUTPUT_NAME_DEFAULT, "heapline.my prog.42.snap"},
        {"a.snap", "a.snap"},
        {"%p%%p-%t", "42%p-1700000000"},
        {"d%e/%p", "dmy prog/42"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = output_path_expand(cases[i][0], &values);
        ck_assert_str_eq(path, cases[i][1]);
        free(path);
    }
}
END_TEST

START_TEST(the_host_is_this_one) {
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    char *path = output_path_expand("%h", &values);
    ck_assert_str_eq(path, host);
    free(path);
}
END_TEST

START_TEST(unknown_letters_are_found) {
    ck_assert_int_eq(output_name_check("a%p%e%h%t%%"), 0);
    ck_assert_int_eq(output_name_check(""), 0);
    ck_assert_int_eq(output_name_check("%q"), 'q');
    ck_assert_int_eq(output_name_check("%%%q"), 'q');
    ck_assert_int_eq(output_name_check("100%"), '%');
}
END_TEST

START_TEST(a_pid_is_seen_in_a_pattern) {
    ck_assert(output_name_has_pid("a.%p"));
    ck_assert(!output_name_has_pid("a.%%p"));
    ck_assert(!output_name_has_pid("a.%e"));
    ck_assert(output_name_has_pid("%e%p"));
}
END_TEST

START_TEST(parts_go_before_the_suffix) {
    static const char *const cases[][2] = {
        {"a.snap", "a.0001.snap"},     {"a", "a.0001"},
        {"d/.snap", "d/.snap.0001"},   {".snap", ".snap.0001"},
        {"a.snap.7", "a.snap.7.0001"}, {"x.snapper", "x.snapper.0001"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = output_path_insert(cases[i][0], "0001");
        ck_assert_str_eq(path, cases[i][1]);
        free(path);
    }
}
END_TEST

START_TEST(a_glob_covers_all_files_of_a_run) {
    static const char *const cases[][2] = {
        {OUTPUT_NAME_DEFAULT, "heapline.*.*.snap"},
        {"a.snap", "a.*snap*"},
        {"a", "a*"},
        {"%e", "*"},
        {"50%%-%t-%p", "50%-*-*"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *glob = output_path_glob(cases[i][0]);
        ck_assert_str_eq(glob, cases[i][1]);
        free(glob);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("output_path");
    TCase *tcase = tcase_create("output_path");
    tcase_add_test(tcase, letters_become_what_they_stand_for);
    tcase_add_test(tcase, the_host_is_this_one);
    tcase_add_test(tcase, unknown_letters_are_found);
    tcase_add_test(tcase, a_pid_is_seen_in_a_pattern);
    tcase_add_test(tcase, parts_go_before_the_suffix);
    tcase_add_test(tcase, a_glob_covers_all_files_of_a_run);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}

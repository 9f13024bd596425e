#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "analysis/glob.h"
#include "suite.h"

static const struct {
    const char *pattern, *text;
    int matches;
} cases[] = {
    {"", "", 1},
    {"", "a", 0},
    {"a", "a", 1},
    {"a", "ab", 0},
    {"a", "A", 0},
    {"*", "", 1},
    {"*", ".hidden/with\nlines", 1},
    {"*.c", "a/b.c", 1},
    {"*.c", "a.cc", 0},
    {"a*b*c", "a--b--b-c", 1},
    {"a*b*c", "a--b--b-", 0},
    {"*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0},
    {"?", "", 0},
    {"?", "\n", 1},
    {"?", "\xc3\xa9", 1}, /* one character of two bytes */
    {"??", "\xc3\xa9", 0},
    {"?", "\xff", 1}, /* no character at all, but one */
    {"[\xc3\xa9]", "\xc3\xa9", 1},
    {"[abc]", "b", 1},
    {"[abc]", "d", 0},
    {"[a-c]", "b", 1},
    {"[c-a]", "b", 0},
    {"[!c-a]", "b", 1},
    {"[!a-c]", "b", 0},
    {"[!a-c]", "x", 1},
    {"[^a]", "^", 1}, /* a member like any other */
    {"[^a]", "b", 0},
    {"[]]", "]", 1},
    {"[]a]", "a", 1},
    {"[!]]", "x", 1},
    {"[!]]", "]", 0},
    {"[!]", "[!]", 1}, /* not closed: literal */
    {"[abc", "[abc", 1},
    {"[abc", "a", 0},
    {"[", "[", 1},
    {"[a-]", "-", 1},
    {"[-a]", "-", 1},
    {"[--0]", ".", 1},
    {"\\*", "\\x", 1}, /* no escaping */
    {"\\*", "*", 0},
    {"{a,b}", "{a,b}", 1},
    {"a/*/c", "a/b/b/c", 1},
};

START_TEST(texts_match_as_in_python) {
    int matches = glob_match(cases[_i].pattern, strlen(cases[_i].pattern), cases[_i].text);
    ck_assert_msg(matches == cases[_i].matches, "'%s' and '%s': %d", cases[_i].pattern,
                  cases[_i].text, matches);
}
END_TEST

START_TEST(pattern_ends_where_told) {
    ck_assert(glob_match("a.c:12", 3, "a.c"));
    ck_assert(glob_match("[a]", 2, "[a"));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("glob");
    TCase *tests = tcase_create("glob");
    tcase_add_loop_test(tests, texts_match_as_in_python, 0, sizeof cases / sizeof *cases);
    tcase_add_test(tests, pattern_ends_where_told);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

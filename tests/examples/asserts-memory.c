/* A test that fails when a call allocates too much, or keeps something. */
#include <heapline_check.h>
#include <stdlib.h>
#include <string.h>

static size_t count_words(const char *text) {
    char *copy = strdup(text), *rest = copy;
    size_t words = 0;
    while (strsep(&rest, " "))
        words++;
    free(copy);
    return words;
}

START_TEST(words_are_counted_in_little_memory) {
    heapline_ck_assert_at_most(100, count_words("as many as these"));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("words");
    TCase *tests = tcase_create("memory");
    tcase_add_test(tests, words_are_counted_in_little_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_MINIMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

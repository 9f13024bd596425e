#include <check.h>
#include <stdlib.h>
#include "suite.h"
#include "tools/duration.h"

static const struct {
    const char *text;
    long ms; /* -1: none */
} cases[] = {
    {"10s", 10000},  {"10", 10000},  {"500ms", 500}, {"2m", 120000},
    {"1h", 3600000}, {"1.5s", 1500}, {"0.1ms", 1},   {"0.5", 500},
    {"007", 7000},   {"0", -1},      {"0s", -1},     {"0.0ms", -1},
    {"", -1},        {"s", -1},      {"-1s", -1},    {"+1s", -1},
    {" 1s", -1},     {"1 s", -1},    {"1S", -1},     {"1d", -1},
    {"1e3", -1},     {"0x10", -1},   {"1.s", -1},    {".5s", -1},
    {"1s1", -1},     {"inf", -1},    {"nan", -1},    {"99999999999999999999h", -1},
};

START_TEST(a_text_is_the_duration_that_it_says) {
    long ms = -1;
    int result = duration_parse(cases[_i].text, &ms);
    ck_assert_msg(result == (cases[_i].ms < 0 ? -1 : 0), "'%s'", cases[_i].text);
    ck_assert_msg(ms == cases[_i].ms, "'%s' gave %ld", cases[_i].text, ms);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("duration");
    TCase *tcase = tcase_create("duration");
    tcase_add_loop_test(tcase, a_text_is_the_duration_that_it_says, 0,
                        sizeof cases / sizeof *cases);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}

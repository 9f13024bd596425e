#include "analysis/filter.h"
#include "image_fixture.h"
#include "suite.h"

/* Traces named by the files of their frames, innermost first. */
static struct fixture fixture;
static struct resolver resolver;
static uint32_t ab, b;

static void setup(void) {
    fixture = (struct fixture){0};
    fixture_init(&fixture);
    b = fixture_call(&fixture, ARENA_NODE_ROOT, FIXTURE_MAIN, "g", "/src/b.c", 2);
    ab = fixture_call(&fixture, b, FIXTURE_MAIN, "f", "/src/a.c", 5);
    resolver_init(&resolver, &fixture, NULL);
}

static void teardown(void) {
    resolver_fini(&resolver);
}

static int accepts_typed(uint32_t node, uint32_t domain, const char *type, int all_frames,
                         const char *const *rules) {
    struct filter filters[4];
    size_t count = 0;
    for (; rules[count]; count++) {
        ck_assert_int_eq(filter_parse(&filters[count], rules[count], NULL), 0);
        filters[count].all_frames = all_frames;
    }
    return filter_accepts(filters, count, domain, type, path_begin(resolver.symbols, node));
}

static int accepts(uint32_t node, uint32_t domain, int all_frames, const char *const *rules) {
    return accepts_typed(node, domain, NULL, all_frames, rules);
}
#define RULES(...)          \
    (const char *const[]) { \
        __VA_ARGS__, NULL   \
    }

START_TEST(no_rules_keep_all) {
    ck_assert(accepts(ab, 0, 0, (const char *const[]){NULL}));
}
END_TEST

START_TEST(a_rule_is_about_the_answering_frame) {
    ck_assert(accepts(ab, 0, 0, RULES("*/a.c")));
    ck_assert(!accepts(ab, 0, 0, RULES("*/b.c")));
    ck_assert(!accepts(ab, 0, 0, RULES("a.c")));
    ck_assert(!accepts(ab, 0, 0, RULES("-*/a.c")));
    ck_assert(accepts(ab, 0, 0, RULES("-*/b.c")));
}
END_TEST

START_TEST(a_line_must_be_of_the_same_frame) {
    ck_assert(accepts(ab, 0, 0, RULES("*/a.c:5")));
    ck_assert(!accepts(ab, 0, 0, RULES("*/a.c:50")));
    ck_assert(!accepts(ab, 0, 0, RULES("*/a.c:0")));
    ck_assert(!accepts(ab, 0, 1, RULES("*/a.c:2")));
    ck_assert(accepts(ab, 0, 1, RULES("*/b.c:2")));
    ck_assert(accepts(ab, 0, 0, RULES("-*/a.c:2")));
}
END_TEST

START_TEST(all_frames_widen_both_kinds) {
    ck_assert(accepts(ab, 0, 1, RULES("*/b.c")));
    ck_assert(!accepts(ab, 0, 1, RULES("-*/b.c")));
    ck_assert(!accepts(b, 0, 1, RULES("*/a.c")));
}
END_TEST

START_TEST(any_inclusive_and_every_exclusive_rule) {
    ck_assert(accepts(ab, 0, 0, RULES("*/x.c", "*/a.c")));
    ck_assert(!accepts(ab, 0, 0, RULES("*/a.c", "-*:5")));
    ck_assert(accepts(b, 0, 0, RULES("*/b.c", "-*/a.c", "-*/c.c")));
    ck_assert(accepts(b, 7, 0, RULES("*/a.c", "domain=7")));
}
END_TEST

START_TEST(domains_are_rules_too) {
    ck_assert(accepts(ab, 3, 0, RULES("domain=3")));
    ck_assert(!accepts(ab, 0, 0, RULES("domain=3")));
    ck_assert(!accepts(ab, 3, 0, RULES("-domain=3")));
    ck_assert(accepts(ab, UINT32_MAX, 0, RULES("domain=4294967295")));
}
END_TEST

START_TEST(types_are_rules_too) {
    ck_assert(accepts_typed(ab, 3, "node", 0, RULES("type=node")));
    ck_assert(accepts_typed(ab, 3, "node", 0, RULES("type=n*")));
    ck_assert(!accepts_typed(ab, 3, "node", 0, RULES("type=n")));
    ck_assert(!accepts_typed(ab, 3, "node", 0, RULES("-type=node")));
    ck_assert(!accepts_typed(ab, 3, NULL, 0, RULES("type=node")));
    ck_assert(accepts_typed(ab, 3, NULL, 0, RULES("type=(untyped)")));
}
END_TEST

START_TEST(colons_without_a_number_belong_to_the_glob) {
    struct filter filter;
    ck_assert_int_eq(filter_parse(&filter, "a:b:12", NULL), 0);
    ck_assert_int_eq(filter.line, 12);
    ck_assert_uint_eq(filter.pattern_size, 3);
    ck_assert_int_eq(filter_parse(&filter, "a:12x", NULL), 0);
    ck_assert_int_eq(filter.line, -1);
    ck_assert_uint_eq(filter.pattern_size, 5);
}
END_TEST

START_TEST(rules_without_meaning_are_errors) {
    static const char *const rules[] = {"",          "-",          "domain=",           "domain=x",
                                        "domain=-1", "domain=0x1", "-domain=4294967296"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct filter filter;
        struct heapline_error err = {0};
        ck_assert_int_eq(filter_parse(&filter, rules[i], &err), -1);
        ck_assert_int_eq(err.code, HEAPLINE_BAD_ARGUMENT);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("filter");
    TCase *tests = tcase_create("filter");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, no_rules_keep_all);
    tcase_add_test(tests, a_rule_is_about_the_answering_frame);
    tcase_add_test(tests, a_line_must_be_of_the_same_frame);
    tcase_add_test(tests, all_frames_widen_both_kinds);
    tcase_add_test(tests, any_inclusive_and_every_exclusive_rule);
    tcase_add_test(tests, domains_are_rules_too);
    tcase_add_test(tests, types_are_rules_too);
    tcase_add_test(tests, colons_without_a_number_belong_to_the_glob);
    tcase_add_test(tests, rules_without_meaning_are_errors);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

/* Types keep their numbers, however many there are, and wherever their table comes from. */
#include <stdio.h>
#include "store_fixture.h"
#include "suite.h"
#include "tracer/names.h"
#include "tracer/thread.h"

enum { SITES = 8, ROOM = 3000 };

static void setup(void) {
    store_fixture(SITES);
    thread_init();
    ck_assert_ptr_nonnull(thread_self()); /* while there is memory */
}

/* Of one length: to tell two apart takes more than that. */
static uint32_t number_of(uint32_t domain, unsigned i) {
    char name[32];
    snprintf(name, sizeof name, "type %07u", i);
    return names_type(domain, name);
}

static void check_numbers(unsigned from, unsigned to) {
    for (unsigned i = from; i < to; i++)
        ck_assert_uint_eq(number_of(i % 2, i), i + 1);
}

/* Looking at each name for each other one would take minutes: the suite would be ended. */
START_TEST(any_number_of_types_is_told_apart) {
    enum { TYPES = 300000 };
    check_numbers(0, TYPES);
    check_numbers(0, TYPES);
    ck_assert_uint_eq(number_of(1, 0), TYPES + 1);
    ck_assert_uint_eq(names_type(0, ""), TYPES + 2);
    ck_assert_uint_eq(names_type(0, ""), TYPES + 2);
}
END_TEST

/* What cannot be entered is found nevertheless. `before`: so many types have a table. */
START_TEST(types_are_found_without_memory_for_a_table) {
    static const unsigned before[] = {0, 1, 128, 1000};
    check_numbers(0, before[_i]);
    ck_assert_int_eq(store_reserve(ARENA_TYPES, ROOM), 0);
    ck_assert_int_eq(store_reserve(ARENA_STRINGS, ROOM * 16), 0);
    store.may_grow = 0;
    for (int round = 0; round < 2; round++)
        check_numbers(0, ROOM);
    store.may_grow = 1;
    check_numbers(0, ROOM + 1);
}
END_TEST

/* A child's arena may have more types than what it inherited was told of: the parent went on. */
START_TEST(types_that_others_have_added_are_found) {
    static const char others[] = "another";
    check_numbers(0, ROOM);
    ck_assert_int_eq(store_reserve(ARENA_TYPES, 1), 0);
    store.types[ROOM + 1] =
        (struct arena_type){7, store_string(others, sizeof others - 1), sizeof others - 1};
    store.header->segment[ARENA_TYPES].used++;
    ck_assert_uint_eq(names_type(7, others), ROOM + 1);
    check_numbers(0, ROOM);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("type_table");
    TCase *tests = tcase_create("type_table");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, any_number_of_types_is_told_apart);
    tcase_add_loop_test(tests, types_are_found_without_memory_for_a_table, 0, 4);
    tcase_add_test(tests, types_that_others_have_added_are_found);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

/* Numbers, strings, and what objects have as values: equality, hashes, texts. */
#include <math.h>
#include <stdio.h>
#include "gc_fixture.h"

/* --- numbers --- */

START_TEST(small_ints_and_bools_are_shared) {
    for (int64_t i = -5; i <= 256; i++)
        ck_assert_ptr_eq(hgc_int_new(rt, i), hgc_int_new(rt, i));
    struct hgc_object *a = hgc_int_new(rt, 257), *b = hgc_int_new(rt, 257);
    ck_assert_ptr_ne(a, b);
    ck_assert_uint_ge(hgc_get_refcount(hgc_int_new(rt, 256)), UINT32_C(1) << 31);
    ck_assert_ptr_eq(hgc_bool(rt, 7), hgc_bool(rt, 1));
    drop(a);
    drop(b);
}
END_TEST

START_TEST(numbers_give_their_value_back) {
    static const int64_t values[] = {0, -6, 257, INT64_MAX, INT64_MIN};
    int64_t integer;
    double real;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct hgc_object *o = hgc_int_new(rt, values[i]);
        ck_assert_int_eq(hgc_int_get(o, &integer), 0);
        ck_assert_int_eq(integer, values[i]);
        drop(o);
    }
    struct hgc_object *f = hgc_float_new(rt, 1.5);
    ck_assert_int_eq(hgc_float_get(f, &real), 0);
    ck_assert_double_eq(real, 1.5);
    ck_assert_int_eq(hgc_int_get(f, &integer), -1);
    check_error(HEAPLINE_BAD_TYPE);
    ck_assert_int_eq(hgc_float_get(hgc_none(rt), &real), -1);
    drop(f);
}
END_TEST

/* --- strings --- */

START_TEST(strings_are_utf8) {
    static const char *const good[] = {
        "", "a", "abc", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"};
    static const char *const bad[] = {"\x80",         "\xC3",         "\xC0\x80",
                                      "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                      "\xFF",         "a\xE2\x82"};
    static const int64_t lengths[] = {0, 1, 3, 1, 1, 1, 1};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct hgc_object *o = str(good[i]);
        size_t bytes;
        ck_assert_str_eq(hgc_str_borrow(o, &bytes), good[i]);
        ck_assert_uint_eq(bytes, strlen(good[i]));
        ck_assert_int_eq(hgc_len(o), lengths[i]);
        drop(o);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_ptr_null(str(bad[i]));
        check_error(HEAPLINE_BAD_ARGUMENT);
    }
    struct hgc_object *with_nul = hgc_str_new(rt, "a\0b", 3);
    ck_assert_int_eq(hgc_len(with_nul), 3);
    drop(with_nul);
}
END_TEST

START_TEST(interned_strings_are_one_until_they_die) {
    struct hgc_object *a = hgc_intern(rt, "some name"), *b = hgc_intern(rt, "some name");
    ck_assert_ptr_eq(a, b);
    struct hgc_object *copy = str("some name");
    ck_assert_ptr_ne(a, copy);
    ck_assert_int_eq(hgc_equal(a, copy), 1);
    drop(copy);
    drop(a);
    ck_assert_int_eq(hgc_is_finalized(b), 0);
    ck_assert_int_eq(hgc_is_tracked(b), 0);
    drop(b);
    char name[20];
    struct hgc_object *many[2000];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 2000; i++) {
            snprintf(name, sizeof name, "name %d", i);
            many[i] = hgc_intern(rt, name);
            struct hgc_object *again = hgc_intern(rt, name);
            ck_assert_ptr_eq(again, many[i]);
            drop(again);
        }
        for (int i = 0; i < 2000; i++)
            drop(many[i]);
    }
}
END_TEST

/* --- equality, hashes, texts --- */

START_TEST(equality_goes_by_value) {
    struct hgc_object *one = hgc_int_new(rt, 1), *real = hgc_float_new(rt, 1.0);
    struct hgc_object *nan_object = hgc_float_new(rt, NAN);
    struct hgc_object *huge = hgc_int_new(rt, INT64_MAX), *near = hgc_float_new(rt, 0x1p63);
    ck_assert_int_eq(hgc_equal(one, real), 1);
    ck_assert_int_eq(hgc_equal(one, hgc_bool(rt, 1)), 1);
    ck_assert_int_eq(hgc_equal(one, hgc_none(rt)), 0);
    ck_assert_int_eq(hgc_equal(nan_object, nan_object), 0);
    ck_assert_int_eq(hgc_equal(huge, near), 0);
    struct hgc_object *a = hgc_list_new(rt, &one, 1), *b = hgc_list_new(rt, &real, 1);
    ck_assert_int_eq(hgc_equal(a, b), 1);
    struct hgc_object *t = hgc_tuple_new(rt, &one, 1), *u = hgc_tuple_new(rt, &real, 1);
    uint64_t x, y;
    ck_assert_int_eq(hgc_equal(a, t), 0);
    ck_assert_int_eq(hgc_equal(t, u), 1);
    ck_assert_int_eq(hgc_hash(t, &x), 0);
    ck_assert_int_eq(hgc_hash(u, &y), 0);
    ck_assert_uint_eq(x, y);
    ck_assert_int_eq(hgc_hash(a, &x), -1);
    check_error(HEAPLINE_BAD_TYPE);
    struct hgc_object *d = hgc_dict_new(rt), *e = hgc_dict_new(rt);
    hgc_dict_set(d, one, a);
    hgc_dict_set(e, real, b);
    ck_assert_int_eq(hgc_equal(d, e), 1);
    hgc_dict_set(e, one, t);
    ck_assert_int_eq(hgc_equal(d, e), 0);
    struct hgc_object *all[] = {real, nan_object, huge, near, a, b, t, u, d, e};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        drop(all[i]);
}
END_TEST

START_TEST(comparing_cycles_is_an_error) {
    struct hgc_object *a = list(), *b = list();
    push(a, b);
    push(b, a);
    struct hgc_object *c = hgc_list_new(rt, &b, 1);
    ck_assert_int_eq(hgc_equal(a, c), 1); /* the same items */
    struct hgc_object *x = list(), *y = list();
    push(x, x);
    push(y, y);
    ck_assert_int_eq(hgc_equal(x, y), -1);
    struct hgc_object *all[] = {a, b, c, x, y};
    for (int i = 0; i < 5; i++)
        drop(all[i]);
    hgc_collect(rt, 2);
}
END_TEST

START_TEST(texts_of_objects) {
    static const struct {
        double value;
        const char *text;
    } reals[] = {{1, "1.0"},
                 {0.1, "0.1"},
                 {100, "100.0"},
                 {123000, "123000.0"},
                 {-1234.5, "-1234.5"},
                 {9007199254740992, "9007199254740992.0"},
                 {1e15, "1000000000000000.0"},
                 {1e16, "1e+16"},
                 {12345678901234568, "1.2345678901234568e+16"},
                 {0.0001, "0.0001"},
                 {0.00012345, "0.00012345"},
                 {0.00001, "1e-05"},
                 {1e100, "1e+100"},
                 {5e-324, "5e-324"},
                 {1.7976931348623157e308, "1.7976931348623157e+308"},
                 {0.0, "0.0"},
                 {-0.0, "-0.0"},
                 {1.0 / 3, "0.3333333333333333"},
                 {INFINITY, "inf"},
                 {-INFINITY, "-inf"},
                 {NAN, "nan"},
                 {-NAN, "nan"}};
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        struct hgc_object *o = hgc_float_new(rt, reals[i].value);
        check_text(o, reals[i].text);
        drop(o);
    }
    struct hgc_object *least = hgc_int_new(rt, INT64_MIN), *d = hgc_dict_new(rt), *k = str("k");
    check_text(least, "-9223372036854775808");
    check_text(hgc_bool(rt, 0), "False");
    check_text(k, "k");
    hgc_dict_set(d, k, least);
    check_text(d, "{'k': -9223372036854775808}");
    struct hgc_object *l = list();
    push(l, l);
    check_text(l, "[[[[[[[...]]]]]]]");
    drop(l);
    drop(d);
    drop(k);
    drop(least);
    hgc_collect(rt, 2);
}
END_TEST

/* What CPython's repr says of them. */
START_TEST(texts_of_strings_in_others) {
    static const struct {
        const char *text;
        size_t size;
        const char *shown;
    } strings[] = {{"", 0, "['']"},
                   {"it's", 4, "[\"it's\"]"},
                   {"\"no\"", 4, "['\"no\"']"},
                   {"it's \"no\"", 9, "['it\\'s \"no\"']"},
                   {"a\\', 'b", 7, "[\"a\\\\', 'b\"]"},
                   {"\t\n\r", 3, "['\\t\\n\\r']"},
                   {"\0\1 \37\177~", 6, "['\\x00\\x01 \\x1f\\x7f~']"},
                   {"\xC3\xA9\xF0\x9F\x98\x80", 6, "['\xC3\xA9\xF0\x9F\x98\x80']"}};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        struct hgc_object *l = list(), *o = hgc_str_new(rt, strings[i].text, strings[i].size);
        push(l, o);
        check_text(l, strings[i].shown);
        drop(o);
        drop(l);
    }
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, small_ints_and_bools_are_shared);
    tcase_add_test(tests, numbers_give_their_value_back);
    tcase_add_test(tests, strings_are_utf8);
    tcase_add_test(tests, interned_strings_are_one_until_they_die);
    tcase_add_test(tests, equality_goes_by_value);
    tcase_add_test(tests, comparing_cycles_is_an_error);
    tcase_add_test(tests, texts_of_objects);
    tcase_add_test(tests, texts_of_strings_in_others);
}

int main(void) {
    return run_suite("gc values", add_tests);
}

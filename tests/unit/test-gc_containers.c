/* Lists, tuples and dicts. */
#include <stdio.h>
#include "gc/dict.h"
#include "gc/fail.h"
#include "gc_fixture.h"

/* --- sequences --- */

/* A call that has failed, as the argument of the next one. */
START_TEST(containers_refuse_null) {
    struct hgc_object *l = numbered(2), *d = hgc_dict_new(rt), *one = hgc_int_new(rt, 1);
    struct hgc_object *cls = hgc_class_new(rt, "C", NULL, NULL, 0, NULL);
    struct hgc_object *items[] = {one, NULL};
    const int results[] = {hgc_list_append(l, NULL),   hgc_list_insert(l, 0, NULL),
                           hgc_list_set(l, 0, NULL),   hgc_dict_set(d, NULL, one),
                           hgc_dict_set(d, one, NULL), hgc_attr_set(cls, "a", NULL)};
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        ck_assert_int_eq(results[i], -1);
    check_error(HEAPLINE_BAD_ARGUMENT);
    ck_assert_ptr_null(hgc_list_new(rt, items, 2));
    ck_assert_ptr_null(hgc_tuple_new(rt, items, 2));
    check_text(l, "[0, 1]");
    check_text(d, "{}");
    drop(l);
    drop(d);
    drop(cls);
}
END_TEST

START_TEST(lists_behave) {
    struct hgc_object *l = numbered(5), *o = hgc_int_new(rt, 42);
    ck_assert_int_eq(hgc_len(l), 5);
    ck_assert_int_eq(hgc_list_insert(l, 0, o), 0);
    ck_assert_int_eq(hgc_list_insert(l, 100, o), 0);
    ck_assert_int_eq(hgc_list_insert(l, -1, o), 0);
    check_text(l, "[42, 0, 1, 2, 3, 4, 42, 42]");
    ck_assert_int_eq(hgc_list_set(l, -2, hgc_none(rt)), 0);
    ck_assert_int_eq(hgc_list_delete(l, 1, -3), 0);
    check_text(l, "[42, 4, None, 42]");
    struct hgc_object *popped = hgc_list_pop(l, 1);
    ck_assert_ptr_eq(popped, hgc_int_new(rt, 4));
    drop(popped);
    ck_assert_ptr_null(hgc_list_pop(l, 3));
    check_error(HEAPLINE_BAD_INDEX);
    ck_assert_int_eq(hgc_list_set(l, -4, o), -1);
    check_error(HEAPLINE_BAD_INDEX);
    ck_assert_int_eq(hgc_list_append(o, o), -1);
    check_error(HEAPLINE_BAD_TYPE);
    struct hgc_object *got = hgc_get(l, -1);
    ck_assert_ptr_eq(got, o);
    drop(got);
    drop(l);
}
END_TEST

START_TEST(long_lists_grow_and_shrink) {
    struct hgc_object *l = numbered(100000);
    ck_assert_ptr_eq(hgc_get_borrow(l, 99999), hgc_int_new(rt, 99999 % 200));
    while (hgc_len(l) > 3)
        drop(hgc_list_pop(l, -1));
    check_text(l, "[0, 1, 2]");
    ck_assert_int_eq(hgc_clear(l), 0);
    ck_assert_int_eq(hgc_len(l), 0);
    drop(l);
}
END_TEST

START_TEST(long_deletions_release_the_last_item_first) {
    struct hgc_object *l = list();
    for (int i = 0; i < 200; i++) {
        struct node *n = fin(i);
        push(l, n);
        drop(n);
    }
    ck_assert_int_eq(hgc_list_delete(l, 50, 150), 0);
    ck_assert_int_eq(log_count, 100);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(log_entries[i], 149 - i);
    drop(l);
}
END_TEST

START_TEST(tuples_behave) {
    struct hgc_object *items[] = {hgc_int_new(rt, 1), hgc_none(rt)};
    struct hgc_object *t = hgc_tuple_new(rt, items, 2), *one = hgc_tuple_new(rt, items, 1);
    ck_assert_ptr_eq(hgc_tuple_new(rt, NULL, 0), hgc_tuple_new(rt, items, 0));
    check_text(t, "(1, None)");
    check_text(one, "(1,)");
    ck_assert_int_eq(hgc_len(t), 2);
    ck_assert_ptr_eq(hgc_get_borrow(t, -1), hgc_none(rt));
    ck_assert_ptr_null(hgc_get_borrow(t, 2));
    drop(t);
    drop(one);
    struct hgc_object *l = numbered(5000);
    struct hgc_object *large = hgc_tuple_new(rt, &l, 1);
    drop(large);
    struct hgc_object *many[5000];
    for (int i = 0; i < 5000; i++)
        many[i] = l;
    large = hgc_tuple_new(rt, many, 5000);
    ck_assert_uint_eq(hgc_get_refcount(l), 5001);
    drop(large);
    ck_assert_uint_eq(hgc_get_refcount(l), 1);
    drop(l);
}
END_TEST

/* --- dicts --- */

START_TEST(dicts_keep_the_order_of_insertion) {
    struct hgc_object *d = hgc_dict_new(rt), *key, *value;
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(hgc_dict_set(d, hgc_int_new(rt, 9 - i), hgc_int_new(rt, i)), 0);
    ck_assert_int_eq(hgc_dict_delete(d, hgc_int_new(rt, 9)), 0);
    ck_assert_int_eq(hgc_dict_set(d, hgc_int_new(rt, 9), hgc_none(rt)), 0);
    size_t position = 0;
    static const int order[] = {8, 7, 6, 5, 4, 3, 2, 1, 0, 9};
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(hgc_dict_next_borrow(d, &position, &key, &value), 1);
        ck_assert_ptr_eq(key, hgc_int_new(rt, order[i]));
    }
    ck_assert_int_eq(hgc_dict_next_borrow(d, &position, &key, &value), 0);
    ck_assert_int_eq(hgc_dict_delete(d, hgc_int_new(rt, 100)), -1);
    check_error(HEAPLINE_NO_KEY);
    struct hgc_object *name = str("colour");
    ck_assert_int_eq(hgc_dict_delete(d, name), -1);
    ck_assert_ptr_nonnull(strstr(hgc_error(rt)->message, "colour"));
    drop(name);
    drop(d);
}
END_TEST

/* What is in a dict: values by key, 0 for none, and when each key came. */
enum { MODEL_KEYS = 100000 };
static struct { int64_t value, since; } model[MODEL_KEYS];

/* The dict has what the model has, in the order in which it came. */
static void check_model(struct hgc_object *d, int64_t (*number_of)(struct hgc_object *key)) {
    struct hgc_object *key, *value;
    int64_t count = 0, last = 0, number;
    for (size_t position = 0; hgc_dict_next_borrow(d, &position, &key, &value); count++) {
        int64_t k = number_of(key);
        ck_assert_int_eq(hgc_int_get(value, &number), 0);
        ck_assert_int_eq(number, model[k].value);
        ck_assert_int_gt(model[k].since, last);
        last = model[k].since;
    }
    ck_assert_int_eq(count, hgc_len(d));
}

/* Strings, and ints whose first places are all the same. */
static struct hgc_object *mixed_key(int k) {
    char name[16];
    snprintf(name, sizeof name, "%d", k);
    return k % 2 ? hgc_int_new(rt, (int64_t)k << 32) : str(name);
}

static int64_t mixed_number(struct hgc_object *key) {
    int64_t number;
    const char *name = hgc_str_borrow(key, NULL);
    return name ? atoi(name) : hgc_int_get(key, &number) ? -1 : number >> 32;
}

/* Ints, a few of which have the same place as others. */
static struct hgc_object *int_key(int k) {
    return hgc_int_new(rt, k % 8 ? k : (int64_t)k << 20);
}

static int64_t int_number(struct hgc_object *key) {
    int64_t number = 0;
    hgc_int_get(key, &number);
    return number < MODEL_KEYS ? number : number >> 20;
}

static const struct model_row {
    struct hgc_object *(*key)(int k);
    int64_t (*number_of)(struct hgc_object *key);
    int keys, steps;
    unsigned stress;
} model_rows[] = {
    {mixed_key, mixed_number, 3000, 60000, STRESS_CHECK | STRESS_POISON},
    {mixed_key, mixed_number, 3000, 60000, 0},
    {int_key, int_number, 60, 10000, 0},
    {int_key, int_number, 3000, 60000, 0},
    {int_key, int_number, 3000, 60000, STRESS_CHECK | STRESS_POISON},
    {int_key, int_number, MODEL_KEYS, 500000, 0},
};

START_TEST(dicts_agree_with_a_model) {
    const struct model_row *row = &model_rows[_i];
    stress_set(rt, row->stress);
    struct hgc_object *d = hgc_dict_new(rt), *found;
    unsigned seed = 1;
    int64_t count = 0;
    memset(model, 0, sizeof model);
    for (int i = 1; i <= row->steps; i++) {
        seed = seed * 1103515245 + 12345;
        int k = (int)((seed >> 8) % (unsigned)row->keys), is_there = model[k].value != 0;
        struct hgc_object *key = row->key(k), *value = hgc_int_new(rt, i + 1000);
        if (seed >> 30) {
            ck_assert_int_eq(hgc_dict_set(d, key, value), 0);
            model[k].value = i + 1000;
            model[k].since = is_there ? model[k].since : i;
        } else {
            ck_assert_int_eq(hgc_dict_delete(d, key), is_there ? 0 : -1);
            model[k].value = 0;
        }
        count += (model[k].value != 0) - is_there;
        ck_assert_int_eq(hgc_dict_get(d, key, &found), model[k].value != 0);
        int64_t number;
        if (found) {
            ck_assert_int_eq(hgc_int_get(found, &number), 0);
            ck_assert_int_eq(number, model[k].value);
        }
        drop(found);
        drop(key);
        drop(value);
        ck_assert_int_eq(hgc_len(d), count);
    }
    check_model(d, row->number_of);
    drop(d);
}
END_TEST

/* It has grown in place, or moved. */
START_TEST(a_dict_without_memory_is_as_it_was) {
    enum { KEYS = 200000 };
    struct hgc_object *d = hgc_dict_new(rt), *found;
    int failures = 0;
    for (int i = 0; i < KEYS; i++) {
        struct hgc_object *key = hgc_int_new(rt, i);
        gc_fail_countdown = 1;
        int result = hgc_dict_set(d, key, key);
        gc_fail_countdown = 0;
        if (result) {
            check_error(HEAPLINE_NO_MEMORY);
            ck_assert_int_eq(hgc_len(d), i);
            ck_assert_int_eq(hgc_dict_get(d, key, &found), 0);
            ck_assert_int_eq(hgc_dict_set(d, key, key), 0);
            failures++;
        }
        drop(key);
    }
    for (int i = 0; i < KEYS; i++) {
        struct hgc_object *key = hgc_int_new(rt, i);
        ck_assert_int_eq(hgc_dict_get(d, key, &found), 1);
        drop(found);
        drop(key);
    }
    ck_assert_int_gt(failures, 8);
    drop(d);
}
END_TEST

START_TEST(equal_keys_are_one_key) {
    struct hgc_object *d = hgc_dict_new(rt), *found, *real = hgc_float_new(rt, 1.0), *l = list();
    hgc_dict_set(d, hgc_int_new(rt, 1), hgc_int_new(rt, 10));
    hgc_dict_set(d, hgc_bool(rt, 1), hgc_int_new(rt, 11));
    hgc_dict_set(d, real, hgc_int_new(rt, 12));
    ck_assert_int_eq(hgc_len(d), 1);
    ck_assert_int_eq(hgc_dict_get(d, hgc_int_new(rt, 1), &found), 1);
    ck_assert_ptr_eq(found, hgc_int_new(rt, 12));
    ck_assert_int_eq(hgc_dict_set(d, l, l), -1);
    check_error(HEAPLINE_BAD_TYPE);
    struct node *n = slot();
    ck_assert_int_eq(hgc_dict_set(d, &n->head, l), 0);
    ck_assert_int_eq(hgc_dict_get(d, &n->head, &found), 1);
    drop(found);
    drop(n);
    drop(l);
    drop(real);
    drop(d);
}
END_TEST

/* Ints in dicts take a short way unless calls are checked. */
static const unsigned stresses[] = {STRESS_CHECK | STRESS_POISON, 0};

static void set_int_at(struct hgc_object *d, int64_t key, int64_t value) {
    struct hgc_object *k = hgc_int_new(rt, key), *v = hgc_int_new(rt, value);
    ck_assert_int_eq(hgc_dict_set(d, k, v), 0);
    drop(k);
    drop(v);
}

static void check_int_at(struct hgc_object *d, int64_t key, int64_t expected) {
    struct hgc_object *k = hgc_int_new(rt, key), *v;
    int64_t value = -1;
    ck_assert_int_eq(hgc_dict_get(d, k, &v), expected >= 0);
    ck_assert_int_eq(v ? hgc_int_get(v, &value) : 0, 0);
    ck_assert_int_eq(value, expected >= 0 ? expected : -1);
    drop(k);
    drop(v);
}

static void delete_int_at(struct hgc_object *d, int64_t key) {
    struct hgc_object *k = hgc_int_new(rt, key);
    ck_assert_int_eq(hgc_dict_delete(d, k), 0);
    drop(k);
}

/* `deleted` is what the keys that 3 divides have now, -1: they are not there. */
static void check_row(struct hgc_object *d, uint64_t from, int64_t n, int64_t deleted) {
    for (int64_t i = 0; i < n; i++)
        check_int_at(d, (int64_t)(from + (uint64_t)i), i % 3 ? i : deleted);
    check_int_at(d, (int64_t)(from + (uint64_t)n), -1);
    check_int_at(d, (int64_t)(from - 1), -1);
}

/* In tables whose indices have 1, 2 and 4 bytes; around 0 and the greatest int, too. */
START_TEST(ints_in_a_row_are_found_whatever_is_deleted) {
    static const uint64_t starts[] = {0, 1000, (uint64_t)-20, (uint64_t)INT64_MAX - 30};
    static const int64_t counts[] = {4, 60, 3000, 80000};
    stress_set(rt, stresses[_i]);
    for (int s = 0; s < 4; s++)
        for (int c = 0; c < 4 - !!stresses[_i]; c++) {
            struct hgc_object *d = hgc_dict_new(rt), *word = hgc_str_new(rt, "word", 4);
            uint64_t from = starts[s];
            int64_t n = counts[c];
            for (int64_t i = 0; i < n; i++)
                set_int_at(d, (int64_t)(from + (uint64_t)i), i);
            for (int64_t i = 0; i < n; i += 3)
                delete_int_at(d, (int64_t)(from + (uint64_t)i));
            check_row(d, from, n, -1);
            for (int64_t i = 0; i < n; i += 3)
                set_int_at(d, (int64_t)(from + (uint64_t)i), 7);
            check_row(d, from, n, 7);
            for (int64_t i = 0; i < n; i++)
                set_int_at(d, (int64_t)(from + 200000 + (uint64_t)(i * 5)), i);
            check_row(d, from, n, 7);
            ck_assert_int_eq(hgc_dict_set(d, word, word), 0);
            check_row(d, from, n, 7);
            ck_assert_int_eq(hgc_clear(d), 0);
            for (int64_t i = 0; i < n; i++)
                check_int_at(d, (int64_t)(from + (uint64_t)i), -1);
            drop(word);
            drop(d);
        }
}
END_TEST

/* Ints whose hashes are those of strings, in a dict that has grown by ints since it had these. */
START_TEST(keys_of_one_hash_and_another_kind_are_different) {
    enum { WORDS = 10, INTS = 1000 };
    stress_set(rt, stresses[_i]);
    struct hgc_object *d = hgc_dict_new(rt), *found;
    uint64_t hash[WORDS];
    for (int i = 0; i < WORDS + INTS; i++) {
        struct hgc_object *key =
            i < WORDS ? hgc_str_new(rt, (char[]){'k', (char)('a' + i)}, 2) : hgc_int_new(rt, i);
        if (i < WORDS)
            ck_assert_int_eq(hgc_hash(key, &hash[i]), 0);
        ck_assert_int_eq(hgc_dict_set(d, key, hgc_none(rt)), 0);
        drop(key);
        for (int j = 0; j < WORDS && j <= i; j++) {
            struct hgc_object *number = hgc_int_new(rt, (int64_t)hash[j]);
            ck_assert_int_eq(hgc_dict_get(d, number, &found), 0);
            drop(number);
        }
    }
    drop(d);
}
END_TEST

/* What the collector has to know, a dict of ints says when its first container comes. */
START_TEST(a_dict_of_ints_becomes_tracked) {
    stress_set(rt, stresses[_i]);
    struct hgc_object *d = hgc_dict_new(rt), *key = hgc_int_new(rt, 1000);
    ck_assert_int_eq(hgc_dict_set(d, key, key), 0);
    ck_assert_int_eq(hgc_is_tracked(d), 0);
    ck_assert_int_eq(hgc_dict_set(d, key, d), 0);
    ck_assert_int_eq(hgc_is_tracked(d), 1);
    drop(key);
    drop(d);
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, containers_refuse_null);
    tcase_add_test(tests, lists_behave);
    tcase_add_test(tests, long_lists_grow_and_shrink);
    tcase_add_test(tests, long_deletions_release_the_last_item_first);
    tcase_add_test(tests, tuples_behave);
    tcase_add_test(tests, dicts_keep_the_order_of_insertion);
    tcase_add_loop_test(tests, dicts_agree_with_a_model, 0, sizeof model_rows / sizeof *model_rows);
    tcase_add_test(tests, a_dict_without_memory_is_as_it_was);
    tcase_add_test(tests, equal_keys_are_one_key);
    tcase_add_loop_test(tests, keys_of_one_hash_and_another_kind_are_different, 0, 2);
    tcase_add_loop_test(tests, ints_in_a_row_are_found_whatever_is_deleted, 0, 2);
    tcase_add_loop_test(tests, a_dict_of_ints_becomes_tracked, 0, 2);
}

int main(void) {
    return run_suite("gc containers", add_tests);
}

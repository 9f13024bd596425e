/* The objects that come with the runtime. */
#include <math.h>
#include <stdio.h>
#include <sys/mman.h>
#include "gc/dict.h"
#include "gc/fail.h"
#include "gc_fixture.h"

static struct hgc_object *str(const char *text) {
    return hgc_str_new(rt, text, strlen(text));
}

static void check_text(struct hgc_object *o, const char *expected) {
    struct hgc_object *text = hgc_str(o);
    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(hgc_str_borrow(text, NULL), expected);
    drop(text);
}

static void check_error(int code) {
    ck_assert_int_eq(hgc_error(rt)->code, code);
    hgc_set_error(rt, HEAPLINE_OK, "");
}

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

/* --- sequences --- */

static struct hgc_object *numbered(int n) {
    struct hgc_object *l = list();
    for (int i = 0; i < n; i++)
        push(l, hgc_int_new(rt, i % 200));
    return l;
}

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

/* Does the kernel know that huge pages are wanted there? */
static int prefers_huge(const void *address) {
    char line[4096];
    uintptr_t from, to;
    int is_there = 0, found = 0;
    FILE *maps = fopen("/proc/self/smaps", "r");
    while (maps && fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%lx-%lx", &from, &to) == 2)
            is_there = from <= (uintptr_t)address && (uintptr_t)address < to;
        else if (is_there && !strncmp(line, "VmFlags:", 8))
            found = strstr(line, " hg") != NULL;
    }
    if (maps)
        fclose(maps);
    return found;
}

/* Not every kernel knows of huge pages, and qemu does not hand the wish on. */
static int knows_huge_pages(void) {
    size_t size = 4 << 20;
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(at, MAP_FAILED);
    madvise(at, size, MADV_HUGEPAGE);
    int knows = prefers_huge(at);
    munmap(at, size);
    return knows;
}

START_TEST(large_tables_have_huge_pages) {
    if (!knows_huge_pages()) {
        puts("# skipped: large tables have huge pages: there are none to be had here");
        return;
    }
    struct hgc_object *d = hgc_dict_new(rt);
    for (int i = 0; i < 200000; i++) {
        struct hgc_object *key = hgc_int_new(rt, i);
        hgc_dict_set(d, key, key);
        drop(key);
        if (i == 1000)
            ck_assert(!prefers_huge(((struct dict *)d)->table));
    }
    ck_assert(prefers_huge(((struct dict *)d)->table));
    drop(d);
}
END_TEST

/* Ints in dicts take a short way unless calls are checked. */
static const unsigned stresses[] = {STRESS_CHECK | STRESS_POISON, 0};

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
                 {1e100, "1e+100"},
                 {-0.0, "-0.0"},
                 {1.0 / 3, "0.3333333333333333"},
                 {INFINITY, "inf"}};
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

/* --- classes --- */

static void set(struct hgc_object *o, const char *name, struct hgc_object *value) {
    ck_assert_int_eq(hgc_attr_set(o, name, value), 0);
}

static void check_attribute(struct hgc_object *o, const char *name, struct hgc_object *value) {
    struct hgc_object *got = hgc_attr_get(o, name);
    ck_assert_ptr_eq(got, value);
    drop(got);
}

START_TEST(attributes_on_demand) {
    struct hgc_object *cls = hgc_class_new(rt, "C", NULL, NULL, 0, NULL);
    struct hgc_object *a = hgc_instance_new(cls), *b = hgc_instance_new(cls);
    char name[16];
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "name%d", i);
        set(i % 2 ? a : b, name, hgc_int_new(rt, i));
    }
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "name%d", i);
        check_attribute(i % 2 ? a : b, name, hgc_int_new(rt, i));
        check_attribute(i % 2 ? b : a, name, NULL);
    }
    check_error(HEAPLINE_NO_KEY);
    ck_assert_int_eq(hgc_attr_delete(a, "name1"), 0);
    ck_assert_int_eq(hgc_attr_delete(a, "name1"), -1);
    check_attribute(a, "name1", NULL);
    ck_assert_ptr_eq(hgc_class_of_borrow(a), cls);
    ck_assert_ptr_null(hgc_class_of_borrow(cls));
    drop(a);
    drop(b);
    drop(cls);
}
END_TEST

START_TEST(slots_are_all_there_is) {
    static const char *const slots[] = {"x", "y"}, *const more[] = {"z", "x"};
    struct hgc_object *cls = hgc_class_new(rt, "S", NULL, slots, 2, NULL);
    struct hgc_object *derived = hgc_class_new(rt, "D", cls, more, 2, NULL);
    struct hgc_object *o = hgc_instance_new(cls), *p = hgc_instance_new(derived);
    set(o, "x", hgc_int_new(rt, 1));
    ck_assert_int_eq(hgc_attr_set(o, "z", hgc_none(rt)), -1);
    check_error(HEAPLINE_NO_KEY);
    set(p, "x", hgc_int_new(rt, 2));
    set(p, "y", hgc_int_new(rt, 3));
    set(p, "z", hgc_int_new(rt, 4));
    check_attribute(p, "y", hgc_int_new(rt, 3));
    check_attribute(p, "z", hgc_int_new(rt, 4));
    drop(derived);
    drop(cls);
    drop(o);
    drop(p);
}
END_TEST

static size_t size_with_attributes(struct hgc_object *cls, int count) {
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    struct hgc_object *o = hgc_instance_new(cls);
    for (int i = 0; i < count; i++)
        set(o, names[i], hgc_none(rt));
    size_t size = hgc_get_size(o);
    drop(o);
    return size;
}

START_TEST(slots_take_less_than_attributes_on_demand) {
    static const char *const slots[] = {"a", "b"};
    struct hgc_object *with = hgc_class_new(rt, "S", NULL, slots, 2, NULL);
    struct hgc_object *without = hgc_class_new(rt, "A", NULL, NULL, 0, NULL);
    ck_assert_uint_lt(size_with_attributes(with, 2), size_with_attributes(without, 2));
    ck_assert_uint_lt(size_with_attributes(without, 0), size_with_attributes(without, 2));
    ck_assert_uint_lt(size_with_attributes(without, 2), size_with_attributes(without, 8));
    drop(with);
    drop(without);
}
END_TEST

START_TEST(sizes_are_of_the_object_and_its_storage) {
    ck_assert_uint_eq(hgc_get_size(hgc_none(rt)), 16);
    struct node *n = fin(1);
    ck_assert_uint_eq(hgc_get_size(&n->head), sizeof *n + 8); /* the hidden word */
    drop(n);
    ck_assert_int_eq(log_count, 1);
    struct hgc_object *l = list();
    size_t empty = hgc_get_size(l);
    for (int i = 0; i < 100000; i++)
        push(l, hgc_none(rt));
    size_t full = hgc_get_size(l);
    ck_assert_uint_ge(full, empty + 100000 * 8);
    ck_assert_uint_le(full, empty + 100000 * 9 + 8192);
    hgc_clear(l);
    ck_assert_uint_eq(hgc_get_size(l), empty);
    drop(l);
    static struct hgc_object *items[5000];
    for (int i = 0; i < 5000; i++)
        items[i] = hgc_none(rt);
    struct hgc_object *tuple = hgc_tuple_new(rt, items, 5000);
    ck_assert_uint_eq(hgc_get_size(tuple), 16 + 5000 * 8);
    drop(tuple);
    struct hgc_object *d = hgc_dict_new(rt);
    empty = hgc_get_size(d);
    hgc_dict_set(d, hgc_none(rt), hgc_none(rt));
    ck_assert_uint_ge(hgc_get_size(d), empty + 24);
    drop(d);
}
END_TEST

START_TEST(instances_find_their_classes_attributes) {
    struct hgc_object *base = hgc_class_new(rt, "B", NULL, NULL, 0, NULL);
    struct hgc_object *cls = hgc_class_new(rt, "C", base, NULL, 0, NULL);
    struct hgc_object *o = hgc_instance_new(cls);
    set(base, "shared", hgc_int_new(rt, 1));
    check_attribute(o, "shared", hgc_int_new(rt, 1));
    check_attribute(cls, "shared", hgc_int_new(rt, 1));
    set(cls, "shared", hgc_int_new(rt, 2));
    check_attribute(o, "shared", hgc_int_new(rt, 2));
    set(o, "shared", hgc_int_new(rt, 3));
    check_attribute(o, "shared", hgc_int_new(rt, 3));
    check_attribute(base, "shared", hgc_int_new(rt, 1));
    ck_assert_int_eq(hgc_attr_delete(cls, "shared"), 0);
    ck_assert_int_eq(hgc_attr_delete(o, "shared"), 0);
    check_attribute(o, "shared", hgc_int_new(rt, 1));
    drop(base);
    drop(cls);
    drop(o);
}
END_TEST

static int log_seven(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime, (void)self;
    log_number(7);
    return 0;
}

static struct hgc_object *described;

static int describe_class(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)self;
    return hgc_attr_set(described, "inner", hgc_int_new(runtime, 1));
}

START_TEST(a_class_gets_attributes_while_it_gets_its_first) {
    static const int threshold = 1;
    described = hgc_class_new(rt, "C", NULL, NULL, 0, NULL);
    struct hgc_object *cls = hgc_class_new(rt, "F", NULL, NULL, 0, describe_class);
    struct hgc_object *o = hgc_instance_new(cls);
    set(o, "itself", o);
    drop(o);
    drop(cls);
    hgc_set_threshold(rt, &threshold, 1);
    hgc_enable(rt);
    set(described, "outer", hgc_int_new(rt, 2)); /* the dict's birth begins a collection */
    hgc_disable(rt);
    check_attribute(described, "inner", hgc_int_new(rt, 1));
    check_attribute(described, "outer", hgc_int_new(rt, 2));
    drop(described);
}
END_TEST

START_TEST(finalizers_are_inherited_and_classes_outlive_instances) {
    struct hgc_object *base = hgc_class_new(rt, "B", NULL, NULL, 0, log_seven);
    struct hgc_object *cls = hgc_class_new(rt, "C", base, NULL, 0, NULL);
    struct hgc_object *o = hgc_instance_new(cls);
    struct hgc_object *w = hgc_weakref_new(rt, o, NULL, NULL);
    drop(base);
    drop(cls);
    ck_assert_str_eq(hgc_type_name(hgc_type_of(o)), "C");
    drop(o);
    ck_assert_log(7);
    ck_assert_ptr_null(hgc_weakref_get(w));
    drop(w);
}
END_TEST

START_TEST(type_ids_are_used_again) {
    for (int i = 0; i < 70000; i++) {
        struct hgc_object *cls = hgc_class_new(rt, "C", NULL, NULL, 0, NULL);
        ck_assert_ptr_nonnull(cls);
        drop(cls);
    }
    struct hgc_type *type = make_type("t", HGC_TYPE_GC, NULL);
    struct node *n = make_node(type, 0);
    ck_assert_int_eq(hgc_type_free(rt, type), -1);
    drop(n);
    ck_assert_int_eq(hgc_type_free(rt, type), 0);
}
END_TEST

/* Also where the slot of an object like it is used once more. */
START_TEST(new_objects_are_zero) {
    enum { SHAPES = 3, ALIVE = 3 };
    struct hgc_object *alive[ALIVE];
    for (size_t words = 2; words < 2 + SHAPES; words++) {
        struct hgc_type_spec spec = {.name = "words",
                                     .size = (1 + words) * 8,
                                     .flags = HGC_TYPE_GC,
                                     .fields = node_fields,
                                     .nfields = 2};
        struct hgc_type *type = hgc_type_new(rt, &spec);
        for (int i = 0; i < 100; i++) {
            struct hgc_object *o = alive[i % ALIVE] = hgc_new(rt, type);
            for (size_t w = 0; w < words; w++)
                ck_assert_uint_eq(((uint64_t *)(o + 1))[w], 0);
            if (words > 2)
                memset((uint64_t *)(o + 1) + 2, 1, (words - 2) * 8);
            hgc_incref(o);
            hgc_decref(o);
            for (int dead = 0; i % ALIVE == ALIVE - 1 && dead < ALIVE; dead++)
                drop(alive[dead]);
        }
        drop(alive[0]);
        ck_assert_int_eq(hgc_type_free(rt, type), 0);
    }
}
END_TEST

/* An object that the collector does not know counts neither at its birth nor at its death, whatever
 * dies with it. */
START_TEST(only_objects_of_the_collector_are_counted) {
    struct hgc_type *outside = make_type("outside", 0, NULL);
    int before[3], after[3];
    hgc_get_count(rt, before);
    for (int i = 0; i < 10; i++) {
        struct node *top = make_node(outside, 0), *left = slot(), *right = slot();
        link_a(left, hgc_none(rt));
        hgc_assign(&top->a, &left->head);
        hgc_assign(&top->b, &right->head);
        drop(left);
        drop(right);
        drop(slot());
        struct node *one_more = slot();
        drop(top);
        hgc_get_count(rt, after);
        ck_assert_int_eq(after[0], before[0] + 1);
        drop(one_more);
    }
}
END_TEST

/* A slot that waits for an object of its type is no object, and serves others before the heap
 * grows. */
START_TEST(dead_objects_of_a_type_leave_room_for_others) {
    enum { N = 20000 };
    static struct hgc_object *made[N];
    struct hgc_type *types[2] = {make_type("a", HGC_TYPE_GC, NULL),
                                 make_type("b", HGC_TYPE_GC, NULL)};
    uintptr_t end[2] = {0};
    hgc_disable(rt);
    stress_set(rt, 0);
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < N; i++) {
            made[i] = hgc_new(rt, types[k]);
            if ((uintptr_t)made[i] > end[k])
                end[k] = (uintptr_t)made[i];
        }
        for (int i = 0; i < N; i++)
            drop(made[i]);
    }
    ck_assert_uint_le(end[1], end[0] + 2 * SLAB_SIZE);
    struct hgc_object *found = hgc_get_objects(rt, 0);
    ck_assert_int_eq(hgc_len(found), 0);
    drop(found);
    validate_heap(rt);
}
END_TEST

START_TEST(bad_types_are_refused) {
    static const uint16_t odd[] = {9}, outside[] = {sizeof(struct node)};
    struct hgc_type_spec spec = {.name = "t", .size = sizeof(struct node), .flags = HGC_TYPE_GC};
    spec.fields = odd;
    spec.nfields = 1;
    ck_assert_ptr_null(hgc_type_new(rt, &spec));
    spec.fields = outside;
    ck_assert_ptr_null(hgc_type_new(rt, &spec));
    spec.nfields = 0;
    spec.flags = HGC_TYPE_LEGACY_FINALIZE;
    ck_assert_ptr_null(hgc_type_new(rt, &spec));
    spec.flags = 0;
    spec.size = 4;
    ck_assert_ptr_null(hgc_type_new(rt, &spec));
    check_error(HEAPLINE_BAD_ARGUMENT);
}
END_TEST

/* Fields apart, and an object too large for a slab. */
START_TEST(types_of_any_shape) {
    struct wide {
        struct hgc_object head;
        struct hgc_object *first;
        char middle[20000];
        struct hgc_object *last;
    };
    static const uint16_t fields[] = {offsetof(struct wide, first), offsetof(struct wide, last)};
    struct hgc_type_spec spec = {.name = "wide",
                                 .size = sizeof(struct wide),
                                 .flags = HGC_TYPE_GC | HGC_TYPE_WEAKREFS,
                                 .fields = fields,
                                 .nfields = 2};
    struct hgc_type *type = hgc_type_new(rt, &spec);
    for (int i = 0; i < 100; i++) {
        struct wide *w = (struct wide *)hgc_new(rt, type);
        ck_assert_ptr_null(w->last);
        hgc_assign(&w->first, &w->head);
        struct node *n = fin(i);
        hgc_assign(&w->last, &n->head);
        drop(n);
        drop(w);
    }
    ck_assert_int_eq(hgc_collect(rt, 2), 200);
    ck_assert_int_eq(log_count, 100);
}
END_TEST

/* --- generators and iterators --- */

struct pairs_frame {
    struct hgc_object *kept;
    int64_t step;
};

/* Yields 0, 1, 2 ..., keeps what is sent, returns the last thing sent when that is None. */
static int pairs(struct hgc_runtime *runtime, struct hgc_object *generator, void *frame, int how,
                 struct hgc_object *sent, struct hgc_object **out) {
    (void)generator;
    struct pairs_frame *f = frame;
    if (how == HGC_CLOSE) {
        log_number(99);
        return 0;
    }
    if (sent == hgc_none(runtime)) {
        *out = hgc_incref(f->kept);
        return 0;
    }
    if (sent)
        hgc_assign(&f->kept, sent);
    *out = hgc_int_new(runtime, f->step++);
    return 1;
}
static const uint16_t pairs_fields[] = {offsetof(struct pairs_frame, kept)};
static const struct hgc_generator_spec pairs_spec = {.name = "pairs",
                                                     .frame_size = sizeof(struct pairs_frame),
                                                     .fields = pairs_fields,
                                                     .nfields = 1,
                                                     .resume = pairs};

START_TEST(generators_go_back_and_forth) {
    struct hgc_object *g = hgc_generator_new(rt, &pairs_spec, NULL), *out, *l = list();
    ck_assert_int_eq(hgc_send(g, l, &out), -1);
    check_error(HEAPLINE_BAD_STATE);
    ck_assert_int_eq(hgc_next(g, &out), 1);
    ck_assert_ptr_eq(out, hgc_int_new(rt, 0));
    ck_assert_int_eq(hgc_send(g, l, &out), 1);
    ck_assert_uint_eq(hgc_get_refcount(l), 2);
    ck_assert_int_eq(hgc_send(g, hgc_none(rt), &out), 0);
    ck_assert_ptr_eq(out, l);
    drop(out);
    ck_assert_uint_eq(hgc_get_refcount(l), 1);
    ck_assert_int_eq(hgc_next(g, &out), 0);
    ck_assert_ptr_null(out);
    ck_assert_int_eq(hgc_close(g), 0);
    ck_assert_log_empty();
    drop(l);
    drop(g);
}
END_TEST

START_TEST(closing_reaches_only_what_has_started) {
    struct hgc_object *g = hgc_generator_new(rt, &pairs_spec, NULL), *out;
    ck_assert_int_eq(hgc_close(g), 0);
    ck_assert_log_empty();
    ck_assert_int_eq(hgc_next(g, &out), 0);
    drop(g);
    g = hgc_generator_new(rt, &pairs_spec, NULL);
    ck_assert_int_eq(hgc_next(g, &out), 1);
    ck_assert_int_eq(hgc_close(g), 0);
    ck_assert_log(99);
    drop(g);
    g = hgc_generator_new(rt, &pairs_spec, NULL);
    ck_assert_int_eq(hgc_next(g, &out), 1);
    drop(g);
    ck_assert_log(99);
}
END_TEST

START_TEST(a_suspended_generator_in_itself_closes_and_dies) {
    struct hgc_object *g = hgc_generator_new(rt, &pairs_spec, NULL), *out;
    ck_assert_int_eq(hgc_next(g, &out), 1);
    ck_assert_int_eq(hgc_send(g, g, &out), 1);
    drop(g);
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
    ck_assert_log(99);
    struct hgc_object *left = hgc_get_objects(rt, -1);
    ck_assert_int_eq(hgc_len(left), 0);
    drop(left);
}
END_TEST

static int stubborn(struct hgc_runtime *runtime, struct hgc_object *generator, void *frame, int how,
                    struct hgc_object *sent, struct hgc_object **out) {
    (void)frame, (void)sent;
    struct hgc_object *inner;
    if (how == HGC_NEXT)
        log_number(hgc_next(generator, &inner)); /* it is running: an error */
    *out = hgc_int_new(runtime, 1000);
    return 1;
}
static const struct hgc_generator_spec stubborn_spec = {.name = "stubborn", .resume = stubborn};

START_TEST(generators_may_not_nest_in_themselves_or_refuse_to_close) {
    struct hgc_object *g = hgc_generator_new(rt, &stubborn_spec, NULL), *out;
    ck_assert_int_eq(hgc_next(g, &out), 1);
    drop(out);
    ck_assert_log(-1);
    ck_assert_int_eq(hgc_close(g), -1);
    check_error(HEAPLINE_BAD_STATE);
    drop(g);
    ck_assert_int_eq(unraisables, 1);
}
END_TEST

START_TEST(iterators_see_items_and_keys) {
    struct hgc_object *l = numbered(3), *it = hgc_iter(l), *out;
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(hgc_next(it, &out), 1);
        ck_assert_ptr_eq(out, hgc_int_new(rt, i));
    }
    ck_assert_int_eq(hgc_next(it, &out), 0);
    push(l, hgc_none(rt));
    ck_assert_int_eq(hgc_next(it, &out), 0);
    drop(it);
    drop(l);
    struct hgc_object *d = hgc_dict_new(rt);
    hgc_dict_set(d, hgc_int_new(rt, 5), hgc_none(rt));
    hgc_dict_set(d, hgc_int_new(rt, 6), hgc_none(rt));
    it = hgc_iter(d);
    ck_assert_int_eq(hgc_next(it, &out), 1);
    ck_assert_ptr_eq(out, hgc_int_new(rt, 5));
    hgc_dict_set(d, hgc_int_new(rt, 7), hgc_none(rt));
    ck_assert_int_eq(hgc_next(it, &out), -1);
    check_error(HEAPLINE_BAD_STATE);
    drop(it);
    drop(d);
    ck_assert_ptr_null(hgc_iter(hgc_none(rt)));
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, small_ints_and_bools_are_shared);
    tcase_add_test(tests, numbers_give_their_value_back);
    tcase_add_test(tests, strings_are_utf8);
    tcase_add_test(tests, interned_strings_are_one_until_they_die);
    tcase_add_test(tests, containers_refuse_null);
    tcase_add_test(tests, lists_behave);
    tcase_add_test(tests, long_lists_grow_and_shrink);
    tcase_add_test(tests, long_deletions_release_the_last_item_first);
    tcase_add_test(tests, tuples_behave);
    tcase_add_test(tests, dicts_keep_the_order_of_insertion);
    tcase_add_loop_test(tests, dicts_agree_with_a_model, 0, sizeof model_rows / sizeof *model_rows);
    tcase_add_test(tests, a_dict_without_memory_is_as_it_was);
    tcase_add_test(tests, large_tables_have_huge_pages);
    tcase_add_test(tests, equal_keys_are_one_key);
    tcase_add_loop_test(tests, keys_of_one_hash_and_another_kind_are_different, 0, 2);
    tcase_add_loop_test(tests, a_dict_of_ints_becomes_tracked, 0, 2);
    tcase_add_test(tests, equality_goes_by_value);
    tcase_add_test(tests, comparing_cycles_is_an_error);
    tcase_add_test(tests, texts_of_objects);
    tcase_add_test(tests, texts_of_strings_in_others);
    tcase_add_test(tests, attributes_on_demand);
    tcase_add_test(tests, slots_are_all_there_is);
    tcase_add_test(tests, slots_take_less_than_attributes_on_demand);
    tcase_add_test(tests, sizes_are_of_the_object_and_its_storage);
    tcase_add_test(tests, instances_find_their_classes_attributes);
    tcase_add_test(tests, a_class_gets_attributes_while_it_gets_its_first);
    tcase_add_test(tests, finalizers_are_inherited_and_classes_outlive_instances);
    tcase_add_test(tests, type_ids_are_used_again);
    tcase_add_test(tests, new_objects_are_zero);
    tcase_add_test(tests, only_objects_of_the_collector_are_counted);
    tcase_add_test(tests, dead_objects_of_a_type_leave_room_for_others);
    tcase_add_test(tests, bad_types_are_refused);
    tcase_add_test(tests, types_of_any_shape);
    tcase_add_test(tests, generators_go_back_and_forth);
    tcase_add_test(tests, closing_reaches_only_what_has_started);
    tcase_add_test(tests, a_suspended_generator_in_itself_closes_and_dies);
    tcase_add_test(tests, generators_may_not_nest_in_themselves_or_refuse_to_close);
    tcase_add_test(tests, iterators_see_items_and_keys);
}

int main(void) {
    return run_suite("gc objects", add_tests);
}

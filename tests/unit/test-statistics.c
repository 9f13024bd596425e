#include "analysis/statistics.h"
#include "analysis/row_order.h"
#include "image_fixture.h"
#include "suite.h"

static struct fixture old, new;
static struct resolver resolver;
static struct symbols *old_symbols;
static struct statistics statistics;
static struct pool pool;

static void setup(void) {
    old = new = (struct fixture){0};
    fixture_init(&old);
    fixture_init(&new);
}

static void teardown(void) {
    statistics_fini(&statistics);
    symbols_free(old_symbols);
    resolver_fini(&resolver);
    pool_fini(&pool);
}

static void add(struct symbols *symbols, enum statistics_side side) {
    const struct image *image = symbols_image(symbols);
    ck_assert_int_eq(
        statistics_add(&statistics, symbols, image->sites, image->site_count, side, NULL), 0);
}

static void group(struct statistics_options options) {
    resolver_init(&resolver, &new, NULL);
    old_symbols = NULL;
    ck_assert_int_eq(statistics_init(&statistics, &options, &pool, NULL), 0);
    add(resolver.symbols, SIDE_NEW);
}

static void compare(struct statistics_options options) {
    group(options);
    old_symbols = symbols_new(&old.image, &resolver.texts, NULL, NULL);
    add(old_symbols, SIDE_OLD);
    ck_assert_int_eq(statistics_sort(&statistics, NULL), 0);
}

static uint32_t line(struct fixture *f, const char *file, uint32_t number, uint32_t parent) {
    return fixture_call(f, parent, FIXTURE_MAIN, "f", file, number);
}

/* A site at FILE:LINE, called from nowhere. */
static void site(struct fixture *f, const char *file, uint32_t number, uint64_t bytes,
                 uint64_t count) {
    fixture_site(f, line(f, file, number, ARENA_NODE_ROOT), bytes, count);
}

static void row_is(size_t i, const char *file, int64_t number, uint64_t bytes, uint64_t count) {
    const struct statistics_row *row = statistics_sorted(&statistics, i);
    ck_assert_uint_lt(i, statistics.count);
    ck_assert_str_eq(row->file, file);
    ck_assert_int_eq(row->line, number);
    ck_assert_uint_eq(row->side[SIDE_NEW].current.bytes, bytes);
    ck_assert_uint_eq(row->side[SIDE_NEW].current.count, count);
}

START_TEST(rows_sort_by_size_count_and_place) {
    site(&new, "a.c", 2, 10, 1);
    site(&new, "a.c", 10, 10, 1);
    site(&new, "b.c", 2, 10, 1);
    site(&new, "a.c", 9, 10, 1);
    site(&new, "c.c", 1, 10, 2);
    site(&new, "z.c", 1, 5, 9);
    site(&new, "a.c", 2, 1, 0); /* another path to the same line */
    group((struct statistics_options){.by = BY_LINENO});
    ck_assert_int_eq(statistics_sort(&statistics, NULL), 0);
    ck_assert_uint_eq(statistics.count, 6);
    row_is(0, "a.c", 2, 11, 1);
    row_is(1, "c.c", 1, 10, 2);
    row_is(2, "b.c", 2, 10, 1);
    row_is(3, "a.c", 10, 10, 1);
    row_is(4, "a.c", 9, 10, 1);
    row_is(5, "z.c", 1, 5, 9);
}
END_TEST

START_TEST(recursion_counts_each_time_when_cumulative) {
    uint32_t node = line(&new, "a.c", 1, ARENA_NODE_ROOT);
    for (int i = 0; i < 3; i++)
        node = line(&new, "a.c", 5, node);
    fixture_site(&new, node, 100, 1);
    group((struct statistics_options){.by = BY_LINENO, .cumulative = 1});
    ck_assert_int_eq(statistics_sort(&statistics, NULL), 0);
    ck_assert_uint_eq(statistics.count, 2);
    row_is(0, "a.c", 5, 300, 3);
    row_is(1, "a.c", 1, 100, 1);
}
END_TEST

START_TEST(some_keys_cannot_be_cumulative) {
    static const enum statistics_key keys[] = {BY_TRACEBACK, BY_DOMAIN, BY_TYPE, BY_TYPE_LINENO};
    for (size_t i = 0; i < 4; i++) {
        struct statistics s;
        struct statistics_options options = {.by = keys[i], .cumulative = 1};
        struct heapline_error err;
        ck_assert_int_eq(statistics_init(&s, &options, &pool, &err), -1);
        ck_assert_int_eq(err.code, HEAPLINE_BAD_ARGUMENT);
        statistics_fini(&s);
    }
    group((struct statistics_options){0});
}
END_TEST

START_TEST(every_key_keeps_the_sum) {
    static const enum statistics_key keys[] = {BY_LINENO, BY_FUNCTION,   BY_FILENAME,
                                               BY_MODULE, BY_TRACEBACK,  BY_DOMAIN,
                                               BY_TYPE,   BY_TYPE_LINENO};
    site(&new, "a.c", 1, 10, 1);
    site(&new, "b.c", 1, 20, 2);
    new.sites[1].domain = 7;
    fixture_site(&new, ARENA_NODE_ROOT, 30, 3);
    fixture_site(&new, ARENA_NODE_NOT_RECORDED, 40, 4);
    struct heapline_count sum = {0};
    group((struct statistics_options){.by = keys[_i]});
    for (size_t i = 0; i < statistics.count; i++) {
        sum.bytes += statistics.rows[i].side[SIDE_NEW].current.bytes;
        sum.count += statistics.rows[i].side[SIDE_NEW].current.count;
    }
    ck_assert_uint_eq(sum.bytes, 100);
    ck_assert_uint_eq(sum.count, 10);
}
END_TEST

static const char *oldest(size_t row) {
    const struct traceback_part *part =
        traceback_part(&statistics.keys, statistics_sorted(&statistics, row)->key);
    while (part->caller != TRACEBACK_NONE)
        part = traceback_part(&statistics.keys, part->caller);
    return part->text;
}

START_TEST(tracebacks_differ_by_their_outer_frames) {
    uint32_t one = line(&new, "a.c", 1, ARENA_NODE_ROOT), two = line(&new, "b.c", 1, 0);
    fixture_site(&new, line(&new, "c.c", 1, one), 1, 1);
    fixture_site(&new, line(&new, "c.c", 1, two), 1, 1);
    fixture_site(&new, fixture_call(&new, two, FIXTURE_LIBC, "strdup", "d.c", 9), 1, 1);
    group((struct statistics_options){.by = BY_TRACEBACK});
    ck_assert_int_eq(statistics_sort(&statistics, NULL), 0);
    ck_assert_uint_eq(statistics.count, 3);
    row_is(0, "c.c", 1, 1, 1); /* b.c is called first: the oldest frame decides */
    ck_assert_str_eq(oldest(0), "b.c");
    row_is(1, "b.c", 1, 1, 1); /* the wrapper is no frame of its traceback */
    ck_assert_str_eq(oldest(2), "a.c");
}
END_TEST

START_TEST(what_a_line_does_not_fix_is_left_open) {
    fixture_site(&new, fixture_call(&new, 0, FIXTURE_MAIN, "f", "a.c", 1), 1, 1);
    fixture_site(&new, fixture_call(&new, 0, FIXTURE_OTHER, "f", "a.c", 1), 1, 1)->domain = 3;
    group((struct statistics_options){.by = BY_LINENO});
    ck_assert_uint_eq(statistics.count, 1);
    ck_assert_str_eq(statistics.rows[0].function, "f");
    ck_assert_ptr_null(statistics.rows[0].module);
    ck_assert_int_eq(statistics.rows[0].domain, -1);
}
END_TEST

START_TEST(differences_sort_by_their_distance) {
    site(&old, "gone.c", 1, 10, 1);
    site(&old, "same.c", 1, 500, 5);
    site(&old, "shrunk.c", 1, 300, 3);
    line(&new, "shift.c", 1, 0); /* addresses differ, meanings do not */
    site(&new, "new.c", 1, 10, 1);
    site(&new, "same.c", 1, 500, 5);
    site(&new, "shrunk.c", 1, 100, 1);
    compare((struct statistics_options){.by = BY_LINENO});
    ck_assert(statistics.is_diff);
    ck_assert_uint_eq(statistics.count, 4);
    row_is(0, "shrunk.c", 1, 100, 1);
    row_is(1, "new.c", 1, 10, 1);
    row_is(2, "gone.c", 1, 0, 0);
    row_is(3, "same.c", 1, 500, 5);
    ck_assert_uint_eq(statistics_sorted(&statistics, 0)->side[SIDE_OLD].current.bytes, 300);
    ck_assert_uint_eq(statistics_sorted(&statistics, 2)->side[SIDE_OLD].current.bytes, 10);
}
END_TEST

START_TEST(rows_sort_by_the_field_asked_for) {
    site(&new, "peak.c", 1, 1, 1);
    site(&new, "temporary.c", 1, 2, 1);
    site(&new, "count.c", 1, 0, 9);
    site(&new, "total.c", 1, 2, 1);
    new.sites[0].peak.bytes = 1000;
    new.sites[1].temporary = 50;
    new.sites[3].total.bytes = 1000;
    static const struct {
        enum statistics_field sort;
        const char *first;
    } fields[] = {{SORT_PEAK, "peak.c"},
                  {SORT_TEMPORARY, "temporary.c"},
                  {SORT_COUNT, "count.c"},
                  {SORT_TOTAL, "total.c"}};
    group((struct statistics_options){.by = BY_LINENO, .sort = fields[_i].sort});
    ck_assert_int_eq(statistics_sort(&statistics, NULL), 0);
    ck_assert_str_eq(statistics_sorted(&statistics, 0)->file, fields[_i].first);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("statistics");
    TCase *tests = tcase_create("statistics");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, rows_sort_by_size_count_and_place);
    tcase_add_test(tests, recursion_counts_each_time_when_cumulative);
    tcase_add_test(tests, some_keys_cannot_be_cumulative);
    tcase_add_loop_test(tests, every_key_keeps_the_sum, 0, 8);
    tcase_add_test(tests, tracebacks_differ_by_their_outer_frames);
    tcase_add_test(tests, what_a_line_does_not_fix_is_left_open);
    tcase_add_test(tests, differences_sort_by_their_distance);
    tcase_add_loop_test(tests, rows_sort_by_the_field_asked_for, 0, 4);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "store_fixture.h"
#include "suite.h"
#include "tracer/counters.h"
#include "tracer/store.h"

enum { SITES = 8, LIVE_MAX = 64 };

static void setup(void) {
    store_fixture(SITES);
}

/* The site's value at the moment of the global peak, by the rule that readers follow. */
static struct arena_stat at_peak(uint32_t site) {
    struct arena_stat s = store.stats[site];
    if (s.epoch != store.header->epoch || store.header->at_peak) {
        s.peak_bytes = s.current_bytes;
        s.peak_count = s.current_count;
    }
    return s;
}

START_TEST(an_allocation_counts) {
    counters_allocated(2, 100);
    ck_assert_uint_eq(store.stats[2].current_bytes, 100);
    ck_assert_uint_eq(store.stats[2].total_count, 1);
    ck_assert_uint_eq(store.header->peak_bytes, 100);
    counters_freed(2, 100, 1);
    ck_assert_uint_eq(store.header->current_bytes, 0);
    ck_assert_uint_eq(store.header->peak_bytes, 100);
    ck_assert_uint_eq(store.stats[2].temporary, 1);
    ck_assert_uint_eq(store.header->frees, 1);
    ck_assert_uint_eq(at_peak(2).peak_bytes, 100);
}
END_TEST

START_TEST(of_equal_maxima_the_first_counts) {
    counters_allocated(2, 100);
    counters_freed(2, 100, 0);
    counters_allocated(3, 100);
    ck_assert_uint_eq(at_peak(2).peak_bytes, 100);
    ck_assert_uint_eq(at_peak(3).peak_bytes, 0);
}
END_TEST

START_TEST(an_empty_block_at_the_peak_is_not_part_of_it) {
    counters_allocated(2, 100);
    counters_allocated(3, 0);
    ck_assert_uint_eq(at_peak(2).peak_count, 1);
    ck_assert_uint_eq(at_peak(3).peak_count, 0);
    ck_assert_uint_eq(store.stats[3].current_count, 1);
}
END_TEST

/* What the counters must say, kept the slow way: everything is copied at every new maximum. */
static struct model {
    uint64_t bytes[SITES], count[SITES], peak_bytes[SITES], peak_count[SITES];
    uint64_t current, peak;
} model;

static void model_allocate(uint32_t site, uint64_t size) {
    model.bytes[site] += size;
    model.count[site]++;
    model.current += size;
    if (model.current > model.peak) {
        model.peak = model.current;
        memcpy(model.peak_bytes, model.bytes, sizeof model.bytes);
        memcpy(model.peak_count, model.count, sizeof model.count);
    }
}

static void model_free(uint32_t site, uint64_t size) {
    model.bytes[site] -= size;
    model.count[site]--;
    model.current -= size;
}

static void compare(void) {
    ck_assert_uint_eq(store.header->current_bytes, model.current);
    ck_assert_uint_eq(store.header->peak_bytes, model.peak);
    for (uint32_t i = 1; i < SITES; i++) {
        struct arena_stat s = at_peak(i);
        ck_assert_uint_eq(s.current_bytes, model.bytes[i]);
        ck_assert_uint_eq(s.current_count, model.count[i]);
        ck_assert_uint_eq(s.peak_bytes, model.peak_bytes[i]);
        ck_assert_uint_eq(s.peak_count, model.peak_count[i]);
    }
}

START_TEST(random_events_equal_the_model) {
    struct {
        uint32_t site;
        uint64_t size;
    } live[LIVE_MAX];
    int count = 0;
    srand((unsigned)_i + 1);
    for (int step = 0; step < 20000; step++) {
        int allocate = count == 0 || (count < LIVE_MAX && rand() % 2);
        if (allocate) {
            live[count].site = 1 + (uint32_t)rand() % (SITES - 1);
            live[count].size = (uint64_t)rand() % 5 * 16; /* often equal, often 0 */
            counters_allocated(live[count].site, live[count].size);
            model_allocate(live[count].site, live[count].size);
            count++;
        } else {
            int i = rand() % count;
            counters_freed(live[i].site, live[i].size, 0);
            model_free(live[i].site, live[i].size);
            live[i] = live[--count];
        }
        compare();
    }
}
END_TEST

static void random_events(int count) {
    for (int i = 0; i < count; i++) {
        uint32_t site = 1 + (uint32_t)rand() % (SITES - 1);
        counters_allocated(site, 16);
        if (rand() % 2)
            counters_freed(site, 16, 0);
    }
}

START_TEST(a_copy_is_up_to_date_each_time) {
    for (int round = 0; round < 10; round++) {
        random_events(round % 3 * 5);
        if (round == 5)
            store.header->segment[ARENA_STATS].used = SITES + 2; /* new sites came */
        if (round > 5)
            counters_allocated(SITES + 1, 32);
        const struct arena_stat *copy = counters_copy();
        ck_assert_ptr_nonnull(copy);
        ck_assert_mem_eq(copy, store.stats, store.header->segment[ARENA_STATS].used * sizeof *copy);
    }
    counters_forget_copy();
    counters_allocated(2, 1);
    ck_assert_mem_eq(counters_copy(), store.stats, SITES * sizeof *store.stats);
}
END_TEST

START_TEST(a_lost_block_leaves_the_current_values) {
    counters_allocated(2, 50);
    counters_lost(2, 50);
    ck_assert_uint_eq(store.header->current_bytes, 0);
    ck_assert_uint_eq(store.header->frees, 0);
    ck_assert_uint_eq(store.header->missed_frees, 1);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("counters");
    TCase *c = tcase_create("counters");
    tcase_add_checked_fixture(c, setup, NULL);
    tcase_add_test(c, an_allocation_counts);
    tcase_add_test(c, of_equal_maxima_the_first_counts);
    tcase_add_test(c, an_empty_block_at_the_peak_is_not_part_of_it);
    tcase_add_loop_test(c, random_events_equal_the_model, 0, 20);
    tcase_add_test(c, a_copy_is_up_to_date_each_time);
    tcase_add_test(c, a_lost_block_leaves_the_current_values);
    suite_add_tcase(suite, c);
    return suite_run(suite);
}

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "arena_fixture.h"
#include "snapshot/image.h"
#include "snapshot/limit.h"
#include "suite.h"

static struct heapline_error err;

static struct image *read_fixture(uint32_t nframe) {
    memset(&err, 0, sizeof err);
    struct image *image = image_from_arena(&fixture, sizeof fixture, nframe, &err);
    ck_assert_msg(image != NULL, "%s", err.message);
    return image;
}

static void check_count(struct heapline_count count, uint64_t bytes, uint64_t number) {
    ck_assert_uint_eq(count.bytes, bytes);
    ck_assert_uint_eq(count.count, number);
}

static void check_refused(int code) {
    memset(&err, 0, sizeof err);
    ck_assert_ptr_null(image_from_arena(&fixture, sizeof fixture, 0, &err));
    ck_assert_int_eq(err.code, code);
    ck_assert_uint_gt(strlen(err.message), 0);
}

START_TEST(an_arena_becomes_an_image) {
    fixture_example();
    struct image *image = read_fixture(0);
    ck_assert_uint_eq(image->pid, 4242);
    ck_assert_uint_eq(image->end, IMAGE_EXITED);
    ck_assert_uint_eq(image->end_status, 3);
    ck_assert_str_eq(image->exe, "/usr/bin/x");
    ck_assert_str_eq(image->output, "");
    ck_assert_uint_eq(image->command_count, 3);
    ck_assert_str_eq(image->command[1], "");
    ck_assert_str_eq(image->command[2], "-v");
    ck_assert_uint_eq(image->module_count, 3);
    ck_assert_str_eq(image->modules[2].path, "/lib/libc.so.6");
    ck_assert_mem_eq(image->modules[1].build_id, "\1\2\3build-id", 11);
    ck_assert_uint_eq(image->node_count, 7);
    ck_assert_uint_eq(image->nodes[5].ip, 0x7f0000000100);
    ck_assert_uint_eq(image->nodes[5].module, 2);
    ck_assert_uint_eq(image->site_count, 3);
    image_free(image);
}
END_TEST

START_TEST(the_peak_is_what_was_saved_in_the_last_epoch) {
    fixture_example();
    struct image *image = read_fixture(0);
    check_count(image->sites[0].peak, 200, 2);
    check_count(image->sites[1].peak, 50, 5);
    check_count(image->sites[2].peak, 40, 4);
    image_free(image);
}
END_TEST

/* Site 2 of the example has current 100/1, total 300/3, peak 200/2, temporary 1. */
START_TEST(what_ledgers_hold_is_added) {
    fixture_example();
    *fixture_used(ARENA_LEDGERS) = 2;
    fixture.ledgers[0].delta[2] = (struct arena_delta){2, 0, 0, 0, 130, 2}; /* others' blocks */
    fixture.ledgers[1].delta[2] = (struct arena_delta){2, 1, 70, 2, 0, 0};
    fixture.ledgers[0].frees = 3;
    fixture.ledgers[1].frees = 4;
    struct image *image = image_from_arena(&fixture, sizeof fixture, 0, NULL);
    ck_assert_ptr_nonnull(image);
    const struct image_site *site = &image->sites[0];
    ck_assert_uint_eq(site->current.bytes, 40);
    ck_assert_uint_eq(site->current.count, 1);
    ck_assert_uint_eq(site->total.bytes, 370);
    ck_assert_uint_eq(site->total.count, 5);
    ck_assert_uint_eq(site->temporary, 2);
    ck_assert_uint_eq(site->peak.bytes, 200); /* they came after it */
    ck_assert_uint_eq(image->frees, 11 + 3 + 4);
    image_free(image);
}
END_TEST

/* The process was killed while it moved a delta into the counters: it counts once. */
START_TEST(a_transfer_in_progress_counts_once) {
    struct arena_stat after = {140, 2, 370, 4, 200, 2, 1, 9};
    fixture_example();
    *fixture_used(ARENA_LEDGERS) = 1;
    fixture.ledgers[0].delta[2] = (struct arena_delta){2, 0, 70, 1, 30, 0};
    fixture.header.transfer = (struct arena_transfer){1, 2, 0, 2, after};
    for (int moved = 0; moved < 2; moved++) {
        if (moved)
            fixture.stats[2] = after;
        struct image *image = image_from_arena(&fixture, sizeof fixture, 0, NULL);
        ck_assert_ptr_nonnull(image);
        ck_assert_uint_eq(image->sites[0].current.bytes, 140);
        ck_assert_uint_eq(image->sites[0].total.count, 4);
        image_free(image);
    }
}
END_TEST

START_TEST(a_ledger_of_an_unknown_site_is_refused) {
    fixture_example();
    *fixture_used(ARENA_LEDGERS) = 1;
    fixture.ledgers[0].delta[0] = (struct arena_delta){.site = 50};
    ck_assert_ptr_null(image_from_arena(&fixture, sizeof fixture, 0, NULL));
}
END_TEST

START_TEST(at_the_peak_the_peak_is_current) {
    fixture_example();
    fixture.header.at_peak = 1;
    struct image *image = read_fixture(0);
    check_count(image->sites[0].peak, 100, 1);
    check_count(image->sites[1].peak, 50, 5);
    check_count(image->sites[2].peak, 0, 0);
    image_free(image);
}
END_TEST

START_TEST(totals_are_sums_of_rows) {
    fixture_example();
    fixture.sites[3].domain = 5;
    struct image *image = read_fixture(0);
    struct heapline_totals totals;
    image_totals(image, 1, 0, &totals);
    check_count(totals.current, 150, 6);
    check_count(totals.peak, 290, 11);
    check_count(totals.total, 400, 13);
    ck_assert_uint_eq(totals.temporary, 5);
    ck_assert_uint_eq(totals.frees, 11);
    ck_assert_uint_eq(totals.failed, 1);
    image_totals(image, 0, 5, &totals);
    check_count(totals.total, 60, 6);
    image_free(image);
}
END_TEST

/* main>f>g and main>h>g are equal in their innermost frame; main>h is not. */
START_TEST(a_limit_merges_equal_innermost_frames) {
    fixture_example();
    struct image *image = read_fixture(1);
    ck_assert_uint_eq(image->nframe, 1);
    ck_assert_uint_eq(image->site_count, 2);
    check_count(image->sites[0].current, 150, 6);
    check_count(image->sites[0].peak, 250, 7);
    check_count(image->sites[0].total, 360, 9);
    const struct image_node *node = &image->nodes[image->sites[0].node];
    ck_assert_uint_eq(node->ip, 0x7f0000000100);
    ck_assert_uint_eq(node->parent, ARENA_NODE_ROOT);
    image_free(image);
}
END_TEST

START_TEST(a_limit_keeps_what_differs_within_it) {
    fixture_example();
    struct image *image = read_fixture(2);
    ck_assert_uint_eq(image->site_count, 3);
    const struct image_node *g = &image->nodes[image->sites[1].node];
    ck_assert_uint_eq(image->nodes[g->parent].ip, 0x400300);
    ck_assert_uint_eq(image->nodes[g->parent].parent, ARENA_NODE_ROOT);
    image_free(image);
    image = read_fixture(3);
    ck_assert_uint_eq(image->node_count, 7);
    image_free(image);
}
END_TEST

START_TEST(what_was_not_recorded_stays_itself_under_a_limit) {
    fixture_example();
    fixture.stats[ARENA_SITE_FIRST] = (struct arena_stat){7, 1, 7, 1, 0, 0, 0, 0};
    struct image *image = read_fixture(1);
    ck_assert_uint_eq(image->site_count, 3);
    ck_assert_uint_eq(image->sites[0].node, ARENA_NODE_NOT_RECORDED);
    check_count(image->sites[0].current, 7, 1);
    image_free(image);
}
END_TEST

START_TEST(a_short_path_is_not_mixed_with_a_cut_one) {
    fixture_begin();
    fixture_module(0, 1 << 20, "x", 0);
    uint32_t outer = fixture_node(ARENA_NODE_ROOT, 1, 1), a = fixture_node(outer, 1, 2);
    uint32_t b = fixture_node(a, 1, 3), c = fixture_node(b, 1, 4), d = fixture_node(c, 1, 5);
    fixture_site(b, (struct arena_stat){1, 1, 1, 1, 0, 0, 0, 0});
    fixture_site(d, (struct arena_stat){2, 1, 2, 1, 0, 0, 0, 0});
    struct image *image = read_fixture(3);
    ck_assert_uint_eq(image->site_count, 2);
    uint32_t node = image->sites[1].node, depth = 0;
    for (; node; node = image->nodes[node].parent)
        depth++;
    ck_assert_uint_eq(depth, 3);
    image_free(image);
}
END_TEST

START_TEST(a_limit_says_how_much_it_cut) {
    fixture_example();
    struct image *image = read_fixture(1);
    ck_assert_int_eq(image->sites[0].cut, 2); /* of two paths of three frames */
    ck_assert_int_eq(image->sites[1].cut, 1);
    image_free(image);
    image = read_fixture(3);
    ck_assert_int_eq(image->sites[0].cut, 0);
    image_free(image);
}
END_TEST

/* --- Blocks --- */

START_TEST(blocks_follow_their_sites) {
    static const struct image_block blocks[] = {
        {0x5000, 100, 2}, {0x4000, 10, 3}, {0x6000, 1, 99}, {0x7000, 1, 0}, {0x3000, 10, 3}};
    fixture_example();
    struct image *image =
        image_from_arena_with_blocks(&fixture, sizeof fixture, 0, blocks, 5, &err);
    ck_assert_ptr_nonnull(image);
    ck_assert_int_eq(image->has_blocks, 1);
    ck_assert_uint_eq(image->block_count, 3); /* the others are of no site */
    ck_assert_uint_eq(image->blocks[0].site, 0);
    ck_assert_uint_eq(image->blocks[1].site, 1);
    ck_assert_uint_eq(image->blocks[2].address, 0x3000);
    image_free(image);
    image = image_from_arena_with_blocks(&fixture, sizeof fixture, 1, blocks, 2, &err);
    ck_assert_uint_eq(image->blocks[0].site, 0); /* merged */
    ck_assert_uint_eq(image->blocks[1].site, 0);
    image_free(image);
    image = read_fixture(0);
    ck_assert_int_eq(image->has_blocks, 0);
    image_free(image);
}
END_TEST

START_TEST(damaged_arenas_are_refused) {
    static const size_t sizes[] = {0, 8, sizeof fixture.header - 1, sizeof fixture.header};
    fixture_example();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        ck_assert_ptr_null(image_from_arena(&fixture, sizes[i], 0, &err));
    fixture.header.version = ARENA_VERSION + 1;
    check_refused(HEAPLINE_NEWER_FILE);
    fixture_example();
    *fixture_used(ARENA_NODES) = FIXTURE_SLOTS + 1;
    check_refused(HEAPLINE_BAD_FILE);
    fixture_example();
    fixture.header.segment[ARENA_SITES].offset = sizeof fixture + 8;
    check_refused(HEAPLINE_BAD_FILE);
    fixture_example();
    fixture.header.segment[ARENA_STATS].capacity = UINT64_MAX;
    check_refused(HEAPLINE_BAD_FILE);
    fixture_example();
    fixture.nodes[4].parent = 4;
    check_refused(HEAPLINE_BAD_FILE);
    fixture_example();
    fixture.nodes[4].ip_module = UINT64_C(3) << ARENA_MODULE_SHIFT;
    check_refused(HEAPLINE_BAD_FILE);
    fixture_example();
    fixture.sites[2].node = 7;
    check_refused(HEAPLINE_BAD_FILE);
    fixture_example();
    fixture.header.exe_size = FIXTURE_STRINGS;
    check_refused(HEAPLINE_BAD_FILE);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("arena read");
    TCase *arena = tcase_create("arena"), *limit = tcase_create("limit");
    tcase_add_test(arena, an_arena_becomes_an_image);
    tcase_add_test(arena, the_peak_is_what_was_saved_in_the_last_epoch);
    tcase_add_test(arena, what_ledgers_hold_is_added);
    tcase_add_test(arena, a_transfer_in_progress_counts_once);
    tcase_add_test(arena, a_ledger_of_an_unknown_site_is_refused);
    tcase_add_test(arena, at_the_peak_the_peak_is_current);
    tcase_add_test(arena, totals_are_sums_of_rows);
    tcase_add_test(arena, damaged_arenas_are_refused);
    tcase_add_test(limit, a_limit_merges_equal_innermost_frames);
    tcase_add_test(limit, a_limit_keeps_what_differs_within_it);
    tcase_add_test(limit, what_was_not_recorded_stays_itself_under_a_limit);
    tcase_add_test(limit, a_limit_says_how_much_it_cut);
    tcase_add_test(limit, blocks_follow_their_sites);
    tcase_add_test(limit, a_short_path_is_not_mixed_with_a_cut_one);
    suite_add_tcase(suite, arena);
    suite_add_tcase(suite, limit);
    return suite_run(suite);
}

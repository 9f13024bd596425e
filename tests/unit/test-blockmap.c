#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include "tracer/blockmap.h"
#include "tracer/store.h"

static const void *at(uintptr_t address) {
    return (const void *)address;
}

static void setup(void) {
    store.may_grow = 1;
    blockmap_init(1);
}

START_TEST(what_goes_in_comes_out_once) {
    struct block in = {.site = 0xabcdef, .tag = 200, .size = 12345}, old;
    ck_assert_int_eq(blockmap_insert(at(0x7f0000001000), in, &old), 0);
    ck_assert_uint_eq(old.site, 0);
    ck_assert(blockmap_has(at(0x7f0000001000)));
    struct block out = blockmap_take(at(0x7f0000001000));
    ck_assert_uint_eq(out.site, in.site);
    ck_assert_uint_eq(out.tag, in.tag);
    ck_assert_uint_eq(out.size, in.size);
    ck_assert_uint_eq(blockmap_take(at(0x7f0000001000)).site, 0);
}
END_TEST

START_TEST(neighbours_32_bytes_apart_are_apart) {
    struct block old;
    for (uint32_t i = 0; i < 100000; i++)
        ck_assert_int_eq(
            blockmap_insert(at(0x555500000010 + i * 32UL), (struct block){i + 1, 0, i}, &old), 0);
    for (uint32_t i = 0; i < 100000; i++) {
        struct block b = blockmap_take(at(0x555500000010 + i * 32UL));
        ck_assert_uint_eq(b.site, i + 1);
        ck_assert_uint_eq(b.size, i);
    }
}
END_TEST

START_TEST(neighbours_8_bytes_apart_need_lanes) {
    struct block old;
    blockmap_init(4);
    for (uint32_t i = 0; i < 1000; i++)
        blockmap_insert(at(0x600000000008 + i * 8UL), (struct block){i + 1, 0, 8}, &old);
    for (uint32_t i = 0; i < 1000; i++)
        ck_assert_uint_eq(blockmap_take(at(0x600000000008 + i * 8UL)).site, i + 1);
}
END_TEST

START_TEST(a_block_in_the_way_is_reported) {
    struct block first = {7, 1, 70}, second = {8, 2, 80}, old;
    blockmap_insert(at(0x1000), first, &old);
    blockmap_insert(at(0x1000), second, &old);
    ck_assert_uint_eq(old.site, 7);
    ck_assert_uint_eq(old.size, 70);
    ck_assert_uint_eq(blockmap_take(at(0x1000)).site, 8);
}
END_TEST

START_TEST(sizes_from_2_gib_are_exact) {
    static const uint64_t sizes[] = {INT32_MAX - 1UL, INT32_MAX, UINT32_MAX + 1UL,
                                     UINT64_C(1) << 45};
    struct block old;
    for (uintptr_t i = 0; i < 4; i++)
        ck_assert_int_eq(blockmap_insert(at((i + 1) << 40), (struct block){5, 3, sizes[i]}, &old),
                         0);
    for (uintptr_t i = 0; i < 4; i++)
        ck_assert_uint_eq(blockmap_take(at((i + 1) << 40)).size, sizes[i]);
}
END_TEST

START_TEST(too_many_huge_blocks_are_refused) {
    struct block old;
    int refused = 0;
    for (uintptr_t i = 1; i <= 300; i++)
        refused += blockmap_insert(at(i << 33), (struct block){5, 0, UINT64_C(1) << 33}, &old) != 0;
    ck_assert_int_eq(refused, 300 - 256);
    for (uintptr_t i = 1; i <= 300; i++)
        blockmap_take(at(i << 33));
    ck_assert_int_eq(blockmap_insert(at(1UL << 33), (struct block){5, 0, UINT64_C(1) << 33}, &old),
                     0);
}
END_TEST

START_TEST(addresses_beyond_the_machines_are_refused) {
    struct block old;
    uint64_t end = UINT64_C(1) << ARCH_ADDRESS_BITS;
    ck_assert_int_eq(blockmap_insert(at(end - 64), (struct block){1, 0, 1}, &old), 0);
    ck_assert_uint_eq(blockmap_take(at(end - 64)).site, 1);
    ck_assert_int_ne(blockmap_insert(at(end), (struct block){1, 0, 1}, &old), 0);
    ck_assert_uint_eq(blockmap_take(at(UINT64_MAX - 31)).site, 0);
}
END_TEST

START_TEST(nothing_is_mapped_once_growth_has_ended) {
    struct block old;
    blockmap_insert(at(0x5000), (struct block){1, 0, 1}, &old);
    store.may_grow = 0;
    ck_assert_int_eq(blockmap_insert(at(0x5040), (struct block){1, 0, 1}, &old), 0);
    ck_assert_int_ne(blockmap_insert(at(0x700000000000), (struct block){1, 0, 1}, &old), 0);
}
END_TEST

START_TEST(growing_ahead_covers_the_region) {
    struct block old;
    blockmap_insert(at(0x5000), (struct block){1, 0, 1}, &old);
    blockmap_grow_ahead();
    store.may_grow = 0;
    ck_assert_int_eq(blockmap_insert(at(0xfffff000), (struct block){1, 0, 1}, &old), 0);
}
END_TEST

static uint64_t visited_bytes, visited_count, visited_addresses;
static void visit(void *argument, uintptr_t address, struct block block) {
    ck_assert_ptr_eq(argument, &visited_bytes);
    visited_bytes += block.size;
    visited_count += block.site;
    visited_addresses ^= address;
}

START_TEST(each_live_block_is_visited) {
    struct block old;
    blockmap_init(_i == 0 ? 1 : 4);
    blockmap_insert(at(0x10010), (struct block){1, 0, 10}, &old);
    blockmap_insert(at(0x7fff00000000), (struct block){1, 0, UINT64_C(1) << 34}, &old);
    blockmap_insert(at(0x20000), (struct block){1, 0, 10}, &old);
    blockmap_take(at(0x20000));
    blockmap_each(visit, &visited_bytes);
    ck_assert_uint_eq(visited_count, 2);
    ck_assert_uint_eq(visited_addresses, 0x7fff00000000 ^ 0x10010);
    ck_assert_uint_eq(visited_bytes, 10 + (UINT64_C(1) << 34));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("blockmap");
    TCase *c = tcase_create("blockmap");
    tcase_add_checked_fixture(c, setup, NULL);
    tcase_add_test(c, what_goes_in_comes_out_once);
    tcase_add_test(c, neighbours_32_bytes_apart_are_apart);
    tcase_add_test(c, neighbours_8_bytes_apart_need_lanes);
    tcase_add_test(c, a_block_in_the_way_is_reported);
    tcase_add_test(c, sizes_from_2_gib_are_exact);
    tcase_add_test(c, too_many_huge_blocks_are_refused);
    tcase_add_test(c, addresses_beyond_the_machines_are_refused);
    tcase_add_test(c, nothing_is_mapped_once_growth_has_ended);
    tcase_add_test(c, growing_ahead_covers_the_region);
    tcase_add_loop_test(c, each_live_block_is_visited, 0, 2);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

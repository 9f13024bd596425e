#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include "suite.h"
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
    struct block in = {.site = 0xabcdef, .size = 12345};
    ck_assert_int_eq(blockmap_insert(at(0x7f0000001000), in), 0);
    ck_assert(blockmap_has(at(0x7f0000001000)));
    struct block out = blockmap_take(at(0x7f0000001000));
    ck_assert_uint_eq(out.site, in.site);
    ck_assert_uint_eq(out.size, in.size);
    ck_assert_uint_eq(blockmap_take(at(0x7f0000001000)).site, 0);
}
END_TEST

START_TEST(neighbours_32_bytes_apart_are_apart) {
    for (uint32_t i = 0; i < 100000; i++)
        ck_assert(
            blockmap_insert_new(at(0x555500000010 + i * 32UL), (struct block){i % 25, i + 1}) ||
            blockmap_insert(at(0x555500000010 + i * 32UL), (struct block){i % 25, i + 1}) == 0);
    for (uint32_t i = 0; i < 100000; i++) {
        struct block b = blockmap_take(at(0x555500000010 + i * 32UL));
        ck_assert_uint_eq(b.site, i + 1);
        ck_assert_uint_eq(b.size, i % 25);
    }
}
END_TEST

/* Blocks side by side as glibc lays them out, or, with lanes, at multiples of 8. */
static uint64_t width_of(uint64_t size) {
    uint64_t chunk = (size + 8 + 15) & ~UINT64_C(15);
    if (blockmap.lane_bits != 0)
        return size < 8 ? 8 : (size + 7) & ~UINT64_C(7);
    return chunk < 32 ? 32 : chunk;
}

/* Over the ends of stretches: every size that there are two ways to hold, and where one ends. */
START_TEST(sizes_and_neighbours_of_all_kinds_are_exact) {
    enum { BLOCKS = 60000 };
    uintptr_t begin = 0x7f00000f8010, address = begin;
    uint64_t seed = 1;
    blockmap_init(_i == 0 ? 1 : 4);
    for (uint32_t i = 0; i < BLOCKS; i++, seed = seed * 6364136223846793005 + 1) {
        struct block b = {seed >> 40 & 127, i + 1};
        if (!blockmap_insert_new(at(address), b))
            ck_assert_int_eq(blockmap_insert(at(address), b), 0);
        address += width_of(b.size);
    }
    seed = 1, address = begin;
    for (uint32_t i = 0; i < BLOCKS; i++, seed = seed * 6364136223846793005 + 1) {
        struct block found = blockmap_find(at(address)), b = blockmap_take(at(address));
        ck_assert_uint_eq(b.site, i + 1);
        ck_assert_uint_eq(b.size, seed >> 40 & 127);
        ck_assert(found.site == b.site && found.size == b.size);
        ck_assert_uint_eq(blockmap_take(at(address)).site, 0);
        address += width_of(b.size);
    }
}
END_TEST

START_TEST(neighbours_8_bytes_apart_need_lanes) {
    blockmap_init(4);
    for (uint32_t i = 0; i < 1000; i++)
        blockmap_insert(at(0x600000000008 + i * 8UL), (struct block){8, i + 1});
    for (uint32_t i = 0; i < 1000; i++)
        ck_assert_uint_eq(blockmap_take(at(0x600000000008 + i * 8UL)).site, i + 1);
}
END_TEST

static void ck_assert_evicted(uintptr_t address, uint64_t size, uint32_t site, uint64_t old_size) {
    struct block old = blockmap_evict(at(address), size);
    ck_assert_uint_eq(old.site, site);
    ck_assert_uint_eq(old.size, old_size);
    ck_assert_uint_eq(blockmap_evict(at(address), size).site, 0);
}

static void enter(uintptr_t address, uint64_t size, uint32_t site) {
    ck_assert_int_eq(blockmap_insert(at(address), (struct block){size, site}), 0);
}

/* In the same place, in the same window, over its beginning, and where its size stands. */
START_TEST(a_block_in_the_way_is_evicted) {
    enum { STRETCH = 1 << 20 };
    blockmap_init(_i == 0 ? 1 : 4);
    enter(0x1000, 70, 7);
    ck_assert_int_eq(blockmap_insert_new(at(0x1000), (struct block){80, 8}), 0);
    ck_assert_evicted(0x1000, 80, 7, 70);
    enter(0x1000, 70, 7);
    ck_assert_int_eq(blockmap_insert_new(at(0x1020), (struct block){8, 8}), 0);
    ck_assert_evicted(0x1020, 8, 7, 70);
    enter(0x1020, 10, 7);
    ck_assert_int_eq(blockmap_insert_new(at(0x1000), (struct block){80, 8}), 0);
    ck_assert_evicted(0x1000, 80, 7, 10);
    enter(2 * STRETCH - 32, 70, 7);
    enter(2 * STRETCH, 20, 6);
    ck_assert_evicted(2 * STRETCH - 32, 20, 7, 70);
    ck_assert_uint_eq(blockmap_take(at(2 * STRETCH)).site, 6);
}
END_TEST

START_TEST(blocks_of_the_same_window_are_in_the_way) {
    enter(0x1010, 20, 7);
    ck_assert_evicted(0x1000, 20, 7, 20);
    enter(0x1010, UINT64_C(1) << 40, 7);
    ck_assert_evicted(0x1000, 20, 7, UINT64_C(1) << 40);
}
END_TEST

/* Where the size of a block stands, no block begins. */
START_TEST(within_a_block_is_none) {
    enter(0x1000, 5000, 7);
    ck_assert(!blockmap_has(at(0x1020)));
    ck_assert_uint_eq(blockmap_take(at(0x1020)).site, 0);
    ck_assert_uint_eq(blockmap_find(at(0x1020)).site, 0);
    ck_assert_uint_eq(blockmap_take(at(0x1000)).size, 5000);
}
END_TEST

START_TEST(sizes_from_2_gib_are_exact) {
    static const uint64_t sizes[] = {INT32_MAX - 1UL, INT32_MAX, UINT32_MAX + 1UL,
                                     UINT64_C(1) << 45};
    for (uintptr_t i = 0; i < 4; i++)
        ck_assert_int_eq(blockmap_insert(at((i + 1) << 40), (struct block){sizes[i], 5}), 0);
    for (uintptr_t i = 0; i < 4; i++)
        ck_assert_uint_eq(blockmap_take(at((i + 1) << 40)).size, sizes[i]);
}
END_TEST

START_TEST(too_many_huge_blocks_are_refused) {
    int refused = 0;
    for (uintptr_t i = 1; i <= 300; i++)
        refused += blockmap_insert(at(i << 33), (struct block){UINT64_C(1) << 33, 5}) != 0;
    ck_assert_int_eq(refused, 300 - 256);
    for (uintptr_t i = 1; i <= 300; i++)
        blockmap_take(at(i << 33));
    ck_assert_int_eq(blockmap_insert(at(1UL << 33), (struct block){UINT64_C(1) << 33, 5}), 0);
}
END_TEST

START_TEST(addresses_beyond_the_machines_are_refused) {
    uint64_t end = UINT64_C(1) << ARCH_ADDRESS_BITS;
    ck_assert_int_eq(blockmap_insert(at(end - 64), (struct block){1, 1}), 0);
    ck_assert_uint_eq(blockmap_take(at(end - 64)).site, 1);
    ck_assert_int_ne(blockmap_insert(at(end), (struct block){1, 1}), 0);
    ck_assert_uint_eq(blockmap_take(at(UINT64_MAX - 31)).site, 0);
}
END_TEST

START_TEST(nothing_is_mapped_once_growth_has_ended) {
    blockmap_insert(at(0x5000), (struct block){1, 1});
    store.may_grow = 0;
    ck_assert_int_eq(blockmap_insert(at(0x5040), (struct block){1, 1}), 0);
    ck_assert_int_ne(blockmap_insert(at(0x700000000000), (struct block){1, 1}), 0);
}
END_TEST

START_TEST(growing_ahead_covers_the_region) {
    blockmap_insert(at(0x5000), (struct block){1, 1});
    blockmap_grow_ahead();
    store.may_grow = 0;
    ck_assert_int_eq(blockmap_insert(at(0xfffff000), (struct block){1, 1}), 0);
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
    blockmap_init(_i == 0 ? 1 : 4);
    blockmap_insert(at(0x10010), (struct block){10, 1});
    blockmap_insert(at(0x7fff00000000), (struct block){UINT64_C(1) << 34, 1});
    blockmap_insert(at(0x20000), (struct block){10, 1});
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
    tcase_add_loop_test(c, sizes_and_neighbours_of_all_kinds_are_exact, 0, 2);
    tcase_add_loop_test(c, a_block_in_the_way_is_evicted, 0, 2);
    tcase_add_test(c, blocks_of_the_same_window_are_in_the_way);
    tcase_add_test(c, within_a_block_is_none);
    tcase_add_test(c, sizes_from_2_gib_are_exact);
    tcase_add_test(c, too_many_huge_blocks_are_refused);
    tcase_add_test(c, addresses_beyond_the_machines_are_refused);
    tcase_add_test(c, nothing_is_mapped_once_growth_has_ended);
    tcase_add_test(c, growing_ahead_covers_the_region);
    tcase_add_loop_test(c, each_live_block_is_visited, 0, 2);
    suite_add_tcase(suite, c);
    return suite_run(suite);
}

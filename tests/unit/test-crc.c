#include <check.h>
#include <stdlib.h>
#include "base/crc.h"
#include "suite.h"

START_TEST(known_values) {
    ck_assert_uint_eq(crc_update(0, "", 0), 0);
    ck_assert_uint_eq(crc_update(0, "123456789", 9), 0xcbf43926);
    ck_assert_uint_eq(crc_update(0, "\0\0\0\0", 4), 0x2144df1c);
}
END_TEST

START_TEST(pieces_give_the_same_as_the_whole) {
    for (size_t i = 0; i <= 9; i++)
        ck_assert_uint_eq(crc_update(crc_update(0, "123456789", i), &"123456789"[i], 9 - i),
                          0xcbf43926);
}
END_TEST

static uint32_t bit_by_bit(const uint8_t *at, size_t size) {
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size * 8; i++) {
        crc ^= (uint32_t)(at[i / 8] >> i % 8 & 1);
        crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
    }
    return ~crc;
}

START_TEST(any_size_at_any_place_equals_the_definition) {
    uint8_t bytes[128];
    srand(1);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)rand();
    for (size_t from = 0; from < 9; from++)
        for (size_t size = 0; size < 100; size++)
            ck_assert_uint_eq(crc_update(0, bytes + from, size), bit_by_bit(bytes + from, size));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("crc");
    TCase *tests = tcase_create("crc");
    tcase_add_test(tests, known_values);
    tcase_add_test(tests, any_size_at_any_place_equals_the_definition);
    tcase_add_test(tests, pieces_give_the_same_as_the_whole);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

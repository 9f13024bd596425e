#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/buffer.h"
#include "suite.h"

START_TEST(words_are_little_endian) {
    struct buffer b = {0};
    buffer_u32(&b, 0x01020304);
    buffer_u64(&b, UINT64_C(0x1112131415161718));
    static const uint8_t wanted[] = {4, 3, 2, 1, 0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11};
    ck_assert_uint_eq(b.size, sizeof wanted);
    ck_assert_mem_eq(b.bytes, wanted, sizeof wanted);
    buffer_fini(&b);
    ck_assert_ptr_null(b.bytes);
}
END_TEST

START_TEST(varints_are_leb128) {
    struct buffer b = {0};
    buffer_varint(&b, 0);
    buffer_varint(&b, 127);
    buffer_varint(&b, 128);
    buffer_varint(&b, 624485);
    buffer_varint(&b, UINT64_MAX);
    static const uint8_t wanted[] = {0,    0x7f, 0x80, 0x01, 0xe5, 0x8e, 0x26, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
    ck_assert_uint_eq(b.size, sizeof wanted);
    ck_assert_mem_eq(b.bytes, wanted, sizeof wanted);
    buffer_fini(&b);
}
END_TEST

START_TEST(growth_keeps_the_bytes) {
    struct buffer b = {0};
    for (uint32_t i = 0; i < 1000000; i++)
        buffer_u32(&b, i);
    ck_assert_int_eq(b.failed, 0);
    ck_assert_uint_eq(b.size, 4000000);
    for (uint32_t i = 0; i < 1000000; i += 997)
        ck_assert_uint_eq(b.bytes[4 * i + 1], (uint8_t)(i >> 8));
    buffer_fini(&b);
}
END_TEST

START_TEST(failure_sticks) {
    struct buffer b = {0};
    buffer_u32(&b, 1);
    buffer_append(&b, "", SIZE_MAX / 2 + 1);
    ck_assert_int_eq(b.failed, 1);
    buffer_u32(&b, 2);
    ck_assert_uint_eq(b.size, 4);
    buffer_fini(&b);
    ck_assert_int_eq(b.failed, 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("buffer");
    TCase *tests = tcase_create("buffer");
    tcase_add_test(tests, words_are_little_endian);
    tcase_add_test(tests, varints_are_leb128);
    tcase_add_test(tests, growth_keeps_the_bytes);
    tcase_add_test(tests, failure_sticks);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

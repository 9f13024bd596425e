#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/pool.h"
#include "suite.h"

static int is_zero(const char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (bytes[i])
            return 0;
    return 1;
}

START_TEST(memory_is_zeroed_aligned_and_apart) {
    struct pool pool = {0};
    static const size_t sizes[] = {0, 1, 15, 16, 17, 4000, 16383, 16384, 65536, 1 << 20};
    for (int round = 0; round < 50; round++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            char *memory = pool_alloc(&pool, sizes[i]);
            ck_assert_ptr_nonnull(memory);
            ck_assert_uint_eq((uintptr_t)memory % 16, 0);
            ck_assert(is_zero(memory, sizes[i]));
            memset(memory, 0xff, sizes[i]);
        }
    pool_fini(&pool);
    ck_assert_ptr_null(pool.last);
}
END_TEST

START_TEST(large_requests_leave_the_current_chunk_usable) {
    struct pool pool = {0};
    char *first = pool_alloc(&pool, 16);
    ck_assert_ptr_nonnull(pool_alloc(&pool, 1 << 20));
    ck_assert_ptr_eq(pool_alloc(&pool, 16), first + 16);
    pool_fini(&pool);
}
END_TEST

START_TEST(impossible_requests_are_null_and_leave_errno) {
    struct pool pool = {0};
    errno = 77;
    ck_assert_ptr_null(pool_alloc(&pool, SIZE_MAX));
    ck_assert_ptr_null(pool_alloc(&pool, SIZE_MAX / 2 - 64));
    ck_assert_ptr_null(pool_array(&pool, SIZE_MAX / 4, 8));
    ck_assert_ptr_null(pool_copy(&pool, "", SIZE_MAX));
    ck_assert_int_eq(errno, 77);
    pool_fini(&pool);
}
END_TEST

START_TEST(copies_end_with_a_nul) {
    struct pool pool = {0};
    ck_assert_str_eq(pool_copy(&pool, "abcdef", 3), "abc");
    ck_assert_str_eq(pool_copy(&pool, NULL, 0), "");
    pool_fini(&pool);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("pool");
    TCase *tests = tcase_create("pool");
    tcase_add_test(tests, memory_is_zeroed_aligned_and_apart);
    tcase_add_test(tests, large_requests_leave_the_current_chunk_usable);
    tcase_add_test(tests, impossible_requests_are_null_and_leave_errno);
    tcase_add_test(tests, copies_end_with_a_nul);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "analysis/address_sort.h"
#include "suite.h"

struct item {
    uint64_t address;
    uint32_t order, padding; /* order: no two are equal */
    uint64_t more[2];
};

static int compare(const void *a, const void *b) {
    const struct item *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static uint64_t next_random(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state ^ *state >> 29;
}

/* Addresses as different as a program's, or few, or from anywhere. */
static const uint64_t masks[] = {0, 7, 0x7ff, 0x800, 0x1fffff0, UINT64_MAX};
static const size_t counts[] = {0, 1, 2, 63, 64, 65, 1000, 20000};
enum { MASKS = sizeof masks / sizeof *masks, COUNTS = sizeof counts / sizeof *counts };

static void fill(struct item *items, size_t count, uint64_t mask) {
    uint64_t state = count ^ mask;
    for (size_t i = 0; i < count; i++) {
        uint64_t address = UINT64_C(0x7f0012340000) + (next_random(&state) & mask);
        items[i] = (struct item){.address = mask == UINT64_MAX ? next_random(&state) : address,
                                 .order = (uint32_t)(i * 2654435761U),
                                 .more = {address, i}};
    }
}

START_TEST(the_order_is_that_of_qsort) {
    size_t count = counts[_i % COUNTS], bytes = count * sizeof(struct item);
    struct item *items = malloc(bytes + 1), *wanted = malloc(bytes + 1);
    ck_assert(items && wanted);
    fill(items, count, masks[_i / COUNTS]);
    memcpy(wanted, items, bytes);
    qsort(wanted, count, sizeof *wanted, compare);
    for (int again = 0; again < 2; again++) { /* and what is in order stays so */
        address_sort(items, count, sizeof *items, compare);
        ck_assert_mem_eq(items, wanted, bytes);
    }
    free(items);
    free(wanted);
}
END_TEST

static int compare_unaligned(const void *a, const void *b) {
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

START_TEST(items_may_be_of_any_size) {
    enum { SIZE = 13, COUNT = 300 };
    unsigned char items[COUNT][SIZE];
    uint64_t state = 1;
    for (size_t i = 0; i < COUNT; i++) {
        uint64_t address = next_random(&state);
        memcpy(items[i], &address, sizeof address);
        memset(items[i] + sizeof address, (int)(address & 0xff), SIZE - sizeof address);
    }
    address_sort(items, COUNT, SIZE, compare_unaligned);
    uint64_t last = 0;
    for (size_t i = 0; i < COUNT; i++) {
        uint64_t address;
        memcpy(&address, items[i], sizeof address);
        ck_assert_uint_ge(address, last);
        ck_assert_uint_eq(items[i][SIZE - 1], address & 0xff);
        last = address;
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("address sort");
    TCase *tests = tcase_create("address sort");
    tcase_add_loop_test(tests, the_order_is_that_of_qsort, 0, MASKS * COUNTS);
    tcase_add_test(tests, items_may_be_of_any_size);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

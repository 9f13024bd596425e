/* Whole pages: their contents, their ends, and which of them are huge. */
#include <stdio.h>
#include <sys/mman.h>
#include "gc/dict.h"
#include "gc/fail.h"
#include "gc/list.h"
#include "gc/pages.h"
#include "gc_fixture.h"

static const size_t sizes[] = {
    8192,       100000,   PAGES_HUGE / 2, PAGES_HUGE, 3 * PAGES_HUGE + 4096,
    9 << 20,    20 << 20, 5 << 20,        PAGES_HUGE, 70000,
    PAGES_HUGE, 12 << 20};
enum { SIZES = sizeof sizes / sizeof *sizes, STEP = 4096 };

static void fill(unsigned char *pages, size_t from, size_t to) {
    for (size_t i = from; i < to; i += STEP) {
        ck_assert_uint_eq(pages[i], 0);
        pages[i] = (unsigned char)(i / STEP % 251 + 1);
    }
}

static void check_filled(const unsigned char *pages, size_t size) {
    for (size_t i = 0; i < size; i += STEP)
        ck_assert_uint_eq(pages[i], i / STEP % 251 + 1);
}

START_TEST(what_fits_stays_and_the_rest_is_zero) {
    size_t size = 0;
    unsigned char *pages = NULL;
    for (int i = 0; i < SIZES; i++) {
        size_t kept = ((sizes[i] < size ? sizes[i] : size) + STEP - 1) / STEP * STEP;
        pages = pages_resize(pages, size, sizes[i]);
        ck_assert_ptr_nonnull(pages);
        check_filled(pages, kept);
        fill(pages, kept, sizes[i]);
        size = sizes[i];
    }
    pages_free(pages, size);
}
END_TEST

START_TEST(without_memory_all_is_as_it_was) {
    for (int i = 1; i < SIZES; i++) {
        unsigned char *pages = pages_alloc(sizes[i - 1]);
        fill(pages, 0, sizes[i - 1]);
        gc_fail_countdown = 1;
        ck_assert_ptr_null(pages_resize(pages, sizes[i - 1], sizes[i]));
        ck_assert_ptr_null(pages_resize(pages, sizes[i - 1], SIZE_MAX / 2));
        check_filled(pages, sizes[i - 1]);
        pages_free(pages, sizes[i - 1]);
    }
}
END_TEST

/* Somebody else may have it by then. */
START_TEST(what_a_vector_has_cut_off_is_no_longer_its_own) {
    struct vector v = {0};
    ck_assert_int_eq(vector_reserve(&v, 1 << 20), 0);
    char *end = (char *)&v.items[v.capacity];
    ck_assert_int_eq(vector_cut(&v), 1);
    char *cut = (char *)&v.items[v.capacity];
    ck_assert(cut < end);
    char *ours = mmap(cut, (size_t)(end - cut), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    ck_assert_ptr_eq(ours, cut);
    memset(ours, 1, (size_t)(end - cut));
    ck_assert_int_eq(vector_reserve(&v, 1 << 21), 0);
    v.items[(1 << 21) - 1] = NULL;
    vector_fini(&v);
    ck_assert_int_eq(ours[0] + ours[end - cut - 1], 2);
    munmap(ours, (size_t)(end - cut));
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

static int are_to_be_had(const char *test) {
    int known = knows_huge_pages();
    if (!known)
        printf("# skipped: %s: there are none to be had here\n", test);
    return known;
}

START_TEST(large_tables_have_huge_pages) {
    if (!are_to_be_had("large tables have huge pages"))
        return;
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

START_TEST(large_lists_have_huge_pages) {
    if (!are_to_be_had("large lists have huge pages"))
        return;
    struct hgc_object *l = list();
    for (int i = 0; i < 600000; i++) {
        push(l, hgc_none(rt));
        if (i == 100000)
            ck_assert(!prefers_huge(((struct list *)l)->items));
        if (i % 1000 == 0 && i > 2 * (PAGES_HUGE / 2 / 8))
            ck_assert(prefers_huge(((struct list *)l)->items));
    }
    ck_assert_uint_eq((uintptr_t)((struct list *)l)->items % PAGES_HUGE, 0);
    drop(l);
}
END_TEST

/* It is so for the whole process, so this comes last. */
START_TEST(a_runtime_with_short_pauses_has_none) {
    if (!are_to_be_had("no huge pages with short pauses"))
        return;
    char *before = pages_alloc(4 * PAGES_HUGE);
    ck_assert(prefers_huge(before));
    hgc_set_pause(rt, 100);
    char *pages = pages_alloc(4 * PAGES_HUGE);
    before = pages_resize(before, 4 * PAGES_HUGE, 8 * PAGES_HUGE);
    ck_assert(!prefers_huge(pages));
    ck_assert(!prefers_huge(before));
    pages_free(pages, 4 * PAGES_HUGE);
    pages_free(before, 8 * PAGES_HUGE);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, what_fits_stays_and_the_rest_is_zero);
    tcase_add_test(tests, without_memory_all_is_as_it_was);
    tcase_add_test(tests, what_a_vector_has_cut_off_is_no_longer_its_own);
    tcase_add_test(tests, large_tables_have_huge_pages);
    tcase_add_test(tests, large_lists_have_huge_pages);
    tcase_add_test(tests, a_runtime_with_short_pauses_has_none);
}

int main(void) {
    return run_suite("gc pages", add_tests);
}

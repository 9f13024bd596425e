#include "analysis/symbol_cache.h"
#include "suite.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct symbol_cache cache;
static char directory[32], path[64], other[64];

static void write_file(const char *name) {
    FILE *out = fopen(name, "w");
    ck_assert_ptr_nonnull(out);
    fputs("not an ELF file", out);
    fclose(out);
}

static void setup(void) {
    cache = (struct symbol_cache){0};
    snprintf(directory, sizeof directory, "/tmp/symbol_cache-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/file", directory);
    snprintf(other, sizeof other, "%s/other", directory);
    write_file(path);
}

static void teardown(void) {
    symbol_cache_fini(&cache);
    unlink(path);
    unlink(other);
    rmdir(directory);
}

static struct cached_file *open_file(const char *name, const char *build_id) {
    struct image_module module = {
        .path = name, .build_id = (const uint8_t *)build_id, .build_id_size = 4};
    struct cached_file *file = symbol_cache_open(&cache, &module, name);
    ck_assert_ptr_nonnull(file);
    return file;
}

static void use_others(int count) {
    char name[64];
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%s/gone-%d", directory, i);
        symbol_cache_close(&cache, open_file(name, "1234"));
    }
}

START_TEST(a_file_is_opened_once) {
    struct cached_file *file = open_file(path, "1234");
    ck_assert_int_eq(cached_file_state(file), SYMBOL_FILE_UNREADABLE);
    ck_assert_ptr_eq(open_file(path, "1234"), file);
    symbol_cache_close(&cache, file);
    symbol_cache_close(&cache, file);
    use_others(SYMBOL_CACHE_FILES - 1);
    ck_assert_ptr_eq(open_file(path, "1234"), file);
}
END_TEST

START_TEST(each_build_is_a_file_of_its_own) {
    struct cached_file *file = open_file(path, "1234");
    ck_assert_ptr_ne(open_file(path, "1235"), file);
    ck_assert_ptr_eq(open_file(path, "1234"), file);
}
END_TEST

START_TEST(a_file_that_was_replaced_is_opened_anew) {
    struct cached_file *file = open_file(path, "1234");
    write_file(other);
    ck_assert_int_eq(rename(other, path), 0);
    ck_assert_ptr_ne(open_file(path, "1234"), file);
}
END_TEST

START_TEST(a_file_that_is_gone_is_not_believed) {
    struct cached_file *file = open_file(path, "1234");
    unlink(path);
    struct cached_file *gone = open_file(path, "1234");
    ck_assert_ptr_ne(gone, file);
    ck_assert_int_eq(cached_file_state(gone), SYMBOL_FILE_MISSING);
    ck_assert_ptr_eq(open_file(path, "1234"), gone);
}
END_TEST

START_TEST(a_borrowed_file_stays) {
    struct cached_file *file = open_file(path, "1234");
    use_others(2 * SYMBOL_CACHE_FILES);
    ck_assert_ptr_eq(open_file(path, "1234"), file);
}
END_TEST

/* A copy of this program: of an ELF file one sees whether it is open. */
static void copy_program(void) {
    static char bytes[1 << 16];
    FILE *in = fopen("/proc/self/exe", "r"), *out = fopen(other, "w");
    ck_assert(in && out);
    for (size_t size; (size = fread(bytes, 1, sizeof bytes, in)) > 0;)
        ck_assert_uint_eq(fwrite(bytes, 1, size, out), size);
    fclose(in);
    fclose(out);
}

static int is_mapped(const char *name) {
    char line[512];
    int found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    ck_assert_ptr_nonnull(maps);
    while (fgets(line, sizeof line, maps))
        found |= strstr(line, name) != NULL;
    fclose(maps);
    return found;
}

START_TEST(the_least_recently_used_file_is_closed) {
    copy_program();
    symbol_cache_close(&cache, open_file(other, "1234"));
    use_others(SYMBOL_CACHE_FILES - 1);
    ck_assert(is_mapped(other));
    symbol_cache_close(&cache, open_file(other, "1234"));
    use_others(SYMBOL_CACHE_FILES);
    ck_assert(!is_mapped(other));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("symbol_cache");
    TCase *tests = tcase_create("symbol_cache");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_file_is_opened_once);
    tcase_add_test(tests, each_build_is_a_file_of_its_own);
    tcase_add_test(tests, a_file_that_was_replaced_is_opened_anew);
    tcase_add_test(tests, a_file_that_is_gone_is_not_believed);
    tcase_add_test(tests, a_borrowed_file_stays);
    tcase_add_test(tests, the_least_recently_used_file_is_closed);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

#include "analysis/symbol_store.h"
#include "suite.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char home[40], store[80], binary[64], debug_file[64];
static const uint8_t id_a[4] = {1, 2, 3, 4}, id_b[4] = {1, 2, 3, 5};
static struct symbol_source source;
static struct known_symbols known;

static void write_file(const char *path, size_t size) {
    FILE *out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    for (size_t i = 0; i < size; i++)
        putc('x', out);
    ck_assert_int_eq(fclose(out), 0);
}

static void setup(void) {
    snprintf(home, sizeof home, "/tmp/symbol_store-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(home));
    snprintf(store, sizeof store, "%s/.cache/heapline", home);
    snprintf(binary, sizeof binary, "%s/binary", home);
    snprintf(debug_file, sizeof debug_file, "%s/binary.debug", home);
    write_file(binary, 10);
    write_file(debug_file, 20);
    source = (struct symbol_source){.module = "/bin/binary",
                                    .build_id = id_a,
                                    .build_id_size = sizeof id_a,
                                    .version = file_version_of(binary),
                                    .state = SYMBOL_FILE_SOUND,
                                    .debug_path = debug_file,
                                    .debug_version = file_version_of(debug_file)};
    known_symbols_init(&known);
}

static void teardown(void) {
    char command[64];
    known_symbols_fini(&known);
    snprintf(command, sizeof command, "rm -rf %s", home);
    ck_assert_int_eq(system(command), 0);
}

static void add(uint64_t vaddr, int exact, const char *function, uint32_t line) {
    struct image_frame frames[2] = {{function, "/src/a.c", line, 1}, {"main", "/src/a.c", 7, 0}};
    known_symbols_add(&known, vaddr, exact, frames, 2);
}

/* Loads into `known` what the store has. */
static int load(void) {
    enum symbol_file_state state = SYMBOL_FILE_UNREADABLE;
    char *debug_path;
    struct symbol_source asked = {.module = source.module,
                                  .build_id = source.build_id,
                                  .build_id_size = source.build_id_size,
                                  .version = source.version};
    known_symbols_fini(&known);
    known_symbols_init(&known);
    int found = symbol_store_load(store, &asked, &known, &state, &debug_path);
    if (found) {
        ck_assert_int_eq(state, source.state);
        if (source.debug_path)
            ck_assert_str_eq(debug_path, source.debug_path);
        else
            ck_assert_ptr_null(debug_path);
    }
    free(debug_path);
    ck_assert(found || !known.count);
    return found;
}

static void save_one(void) {
    add(0x1000, 0, "inner", 42);
    symbol_store_save(store, &source, &known);
}

static void stored_path(char *path, size_t size) {
    FILE *list;
    char command[128];
    snprintf(command, sizeof command, "ls %s/*.symbols", store);
    list = popen(command, "r");
    ck_assert_ptr_nonnull(list);
    ck_assert_ptr_nonnull(fgets(path, (int)size, list));
    path[strcspn(path, "\n")] = '\0';
    pclose(list);
}

/* --- What is known --- */

START_TEST(what_was_saved_is_loaded) {
    add(0x2000, 0, "later", 1);
    add(0x1000, 0, "inner", 42);
    add(0x1000, 1, "exact", 43);
    add(0x1000, 1, "said twice", 44);
    symbol_store_save(store, &source, &known);
    ck_assert_int_eq(load(), 1);
    ck_assert_uint_eq(known.count, 3);
    const struct image_symbol *symbol = known_symbols_find(&known, 0x1000, 0);
    ck_assert_uint_eq(symbol->frame_count, 2);
    ck_assert_str_eq(symbol->frames[0].function, "inner");
    ck_assert_str_eq(symbol->frames[0].file, "/src/a.c");
    ck_assert_uint_eq(symbol->frames[0].line, 42);
    ck_assert_uint_eq(symbol->frames[0].inlined, 1);
    ck_assert_uint_eq(symbol->frames[1].inlined, 0);
    ck_assert_str_eq(known_symbols_find(&known, 0x1000, 1)->frames->function, "exact");
    ck_assert_str_eq(known_symbols_find(&known, 0x2000, 0)->frames->function, "later");
    ck_assert_ptr_null(known_symbols_find(&known, 0x2000, 1));
    ck_assert_ptr_null(known_symbols_find(&known, 0x1001, 0));
}
END_TEST

START_TEST(many_are_known) {
    char function[16];
    for (uint32_t i = 0; i < 5000; i++) {
        snprintf(function, sizeof function, "f%u", i);
        add(UINT64_C(0x9e3779b97f4a7c15) * i, 0, function, i);
    }
    symbol_store_save(store, &source, &known);
    ck_assert_int_eq(load(), 1);
    for (uint32_t i = 0; i < 5000; i++) {
        const struct image_symbol *symbol =
            known_symbols_find(&known, UINT64_C(0x9e3779b97f4a7c15) * i, 0);
        snprintf(function, sizeof function, "f%u", i);
        ck_assert_str_eq(symbol->frames->function, function);
        ck_assert_uint_eq(symbol->frames->line, i);
    }
}
END_TEST

START_TEST(nothing_is_known_at_first) {
    ck_assert_ptr_null(known_symbols_find(&known, 0, 0));
    ck_assert_int_eq(load(), 0);
}
END_TEST

/* --- What symbols depend on --- */

static void other_module(void) {
    source.module = "/bin/other";
}

static void other_build(void) {
    source.build_id = id_b;
}

static void no_build_id(void) {
    source.build_id_size = 0;
}

static void file_written(void) {
    write_file(binary, 11);
    source.version = file_version_of(binary);
}

static void file_gone(void) {
    unlink(binary);
    source.version = file_version_of(binary);
}

static void debug_file_replaced(void) {
    char other[72];
    snprintf(other, sizeof other, "%s.new", debug_file);
    write_file(other, 20);
    ck_assert_int_eq(rename(other, debug_file), 0);
}

static void debug_file_gone(void) {
    unlink(debug_file);
}

static void (*const changes[])(void) = {other_module,   other_build, no_build_id,
                                        file_written,   file_gone,   debug_file_replaced,
                                        debug_file_gone};

START_TEST(what_they_depend_on_must_be_as_it_was) {
    save_one();
    ck_assert_int_eq(load(), 1);
    changes[_i]();
    ck_assert_int_eq(load(), 0);
}
END_TEST

START_TEST(names_without_lines_are_known_as_such) {
    source.state = SYMBOL_FILE_NO_DEBUG;
    source.debug_path = NULL;
    source.debug_version = (struct file_version){0};
    save_one();
    ck_assert_int_eq(load(), 1);
}
END_TEST

START_TEST(a_new_save_replaces_the_old) {
    save_one();
    file_written();
    add(0x3000, 0, "new", 1);
    symbol_store_save(store, &source, &known);
    ck_assert_int_eq(load(), 1);
    ck_assert_uint_eq(known.count, 2);
}
END_TEST

/* --- Files --- */

START_TEST(a_damaged_file_is_not_believed) {
    char path[256];
    struct stat st;
    save_one();
    stored_path(path, sizeof path);
    int fd = open(path, O_RDWR);
    ck_assert_int_eq(fstat(fd, &st), 0);
    for (off_t at = 0; at < st.st_size; at++) {
        uint8_t byte, wrong;
        ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
        wrong = byte ^ 0x10;
        ck_assert_int_eq(pwrite(fd, &wrong, 1, at), 1);
        ck_assert_int_eq(load(), 0);
        ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
    }
    ck_assert_int_eq(load(), 1);
    ck_assert_int_eq(ftruncate(fd, st.st_size - 1), 0);
    ck_assert_int_eq(load(), 0);
    close(fd);
}
END_TEST

START_TEST(the_directory_is_for_nobody_else) {
    struct stat st;
    save_one();
    ck_assert_int_eq(stat(store, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0700);
    ck_assert_int_eq(chmod(store, 0777), 0);
    ck_assert_int_eq(load(), 0);
}
END_TEST

START_TEST(nothing_is_made_in_a_home_that_is_missing) {
    snprintf(store, sizeof store, "%s/none/.cache/heapline", home);
    save_one();
    snprintf(store, sizeof store, "%s/none", home);
    ck_assert_int_ne(access(store, F_OK), 0);
}
END_TEST

static void make_old(const char *name, size_t size, time_t age) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", store, name);
    write_file(path, size);
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - age}};
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static int is_there(const char *name) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", store, name);
    return !access(path, F_OK);
}

/* What takes one block on disk, whatever that is here. */
static uint64_t block_size(void) {
    struct stat st;
    ck_assert_int_eq(stat(binary, &st), 0);
    ck_assert_int_gt(st.st_blocks, 0);
    return (uint64_t)st.st_blocks * 512;
}

static void make_five(void) {
    save_one(); /* makes the directory */
    make_old("0a-00000003.symbols", 100, 4000);
    make_old("0b-00000002.symbols", 100, 3000);
    make_old("none-00000001.symbols", 100, 2000);
    make_old("crash.symbols", 1000, 5000); /* these are somebody's own */
    make_old("0a-0000000g.symbols", 1000, 5000);
    make_old("none-00000001.symbols.snap", 1000, 5000);
}

static void own_files_stay(void) {
    ck_assert(is_there("crash.symbols"));
    ck_assert(is_there("0a-0000000g.symbols"));
    ck_assert(is_there("none-00000001.symbols.snap"));
}

START_TEST(so_many_files_stay) {
    make_five();
    symbol_store_trim(store, 4, UINT64_MAX);
    ck_assert(is_there("0a-00000003.symbols"));
    symbol_store_trim(store, 2, UINT64_MAX);
    ck_assert(!is_there("0a-00000003.symbols"));
    ck_assert(!is_there("0b-00000002.symbols"));
    ck_assert(is_there("none-00000001.symbols"));
    own_files_stay();
    ck_assert_int_eq(load(), 1);
}
END_TEST

START_TEST(so_many_bytes_stay) {
    make_five();
    symbol_store_trim(store, 100, 3 * block_size());
    ck_assert(!is_there("0a-00000003.symbols"));
    ck_assert(is_there("0b-00000002.symbols"));
    ck_assert(is_there("none-00000001.symbols"));
    own_files_stay();
    ck_assert_int_eq(load(), 1);
}
END_TEST

START_TEST(one_that_is_too_large_costs_no_other) {
    make_five();
    make_old("0c-00000000.symbols", 1 << 20, 0);
    symbol_store_trim(store, 100, 10 * block_size());
    ck_assert(!is_there("0c-00000000.symbols"));
    ck_assert(is_there("0a-00000003.symbols"));
    own_files_stay();
}
END_TEST

START_TEST(what_is_loaded_is_used) {
    char path[256];
    struct stat st;
    save_one();
    stored_path(path, sizeof path);
    struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
    ck_assert_int_eq(load(), 1);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_gt(st.st_mtim.tv_sec, 1);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("symbol_store");
    TCase *tests = tcase_create("symbol_store");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_was_saved_is_loaded);
    tcase_add_test(tests, many_are_known);
    tcase_add_test(tests, nothing_is_known_at_first);
    tcase_add_loop_test(tests, what_they_depend_on_must_be_as_it_was, 0,
                        sizeof changes / sizeof *changes);
    tcase_add_test(tests, names_without_lines_are_known_as_such);
    tcase_add_test(tests, a_new_save_replaces_the_old);
    tcase_add_test(tests, a_damaged_file_is_not_believed);
    tcase_add_test(tests, the_directory_is_for_nobody_else);
    tcase_add_test(tests, nothing_is_made_in_a_home_that_is_missing);
    tcase_add_test(tests, so_many_files_stay);
    tcase_add_test(tests, so_many_bytes_stay);
    tcase_add_test(tests, one_that_is_too_large_costs_no_other);
    tcase_add_test(tests, what_is_loaded_is_used);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

#include <stdio.h>
#include "analysis/path.h"
#include "analysis/wrappers.h"
#include "image_fixture.h"
#include "suite.h"

static const struct {
    const char *function, *file;
    enum wrapper_kind kind;
} frames[] = {
    {"main", "/src/a.c", WRAPPER_NONE},
    {NULL, NULL, WRAPPER_NONE},
    {"malloc", NULL, WRAPPER_YES},
    {"operator new", NULL, WRAPPER_YES},
    {"operator new[]", NULL, WRAPPER_YES},
    {"__strdup", "string/strdup.c", WRAPPER_YES},
    {"wcsdup", NULL, WRAPPER_YES},
    {"_IO_getdelim", NULL, WRAPPER_YES},
    {"__vasprintf_internal", NULL, WRAPPER_YES},
    {"__cxa_allocate_exception", NULL, WRAPPER_YES},
    {"fopen", NULL, WRAPPER_NONE},
    {"xmalloc", NULL, WRAPPER_NONE},
    {"std::vector<int>::push_back", "/src/a.cc", WRAPPER_YES},
    {"standard::f", "/src/a.cc", WRAPPER_NONE},
    {"my::std::f", "/src/a.cc", WRAPPER_NONE},
    {"__gnu_cxx::new_allocator<int>::allocate", NULL, WRAPPER_YES},
    {"alloc::alloc::exchange_malloc", NULL, WRAPPER_YES},
    {"core::ops::function::FnOnce::call_once", NULL, WRAPPER_YES},
    {"<alloc::string::String as core::clone::Clone>::clone", NULL, WRAPPER_YES},
    {"<T as alloc::slice::hack::ConvertVec>::to_vec", NULL, WRAPPER_YES},
    {"<mine::Thing as core::clone::Clone>::clone", "src/main.rs", WRAPPER_NONE},
    {"__rust_alloc", NULL, WRAPPER_YES},
    {"push_back", "/usr/include/c++/12/bits/stl_vector.h", WRAPPER_YES},
    {"begin", "/opt/gcc/include/x86_64/c++/bits/range.h", WRAPPER_YES},
    {"main", "/src/include/my/a.c", WRAPPER_NONE},
    {"main", "/src/c++/a.cc", WRAPPER_NONE},
    {"copy", "/build/gcc/libstdc++-v3/src/string.cc", WRAPPER_YES},
    {"grow", "/llvm/libcxx/include/vector", WRAPPER_YES},
    {"insert", "/home/me/.cargo/registry/src/index/hashbrown-0.14/src/raw.rs", WRAPPER_YES},
    {"insert", "/home/me/.cargo/registry/src/index/mine-0.1/src/lib.rs", WRAPPER_NONE},
    {"next", "/usr/lib/rustlib/src/rust/library/core/src/iter.rs", WRAPPER_YES},
    {"next", "/rust/deps/gimli-0.28/src/read.rs", WRAPPER_YES},
    {"next", "/home/rust/deps/a.rs", WRAPPER_NONE},
    {"grow", "/rustc/0123abcd/library/alloc/src/raw_vec.rs", WRAPPER_YES},
};

START_TEST(frames_are_known_by_function_or_file) {
    enum wrapper_kind kind =
        wrappers_classify(NULL, frames[_i].function, frames[_i].file, "/bin/x");
    ck_assert_msg(kind == frames[_i].kind, "%s in %s: %d", frames[_i].function, frames[_i].file,
                  kind);
}
END_TEST

START_TEST(globs_add_functions_and_files) {
    static const char *const globs[] = {"x*alloc", "*/pool.c"};
    struct wrapper_list more = {globs, 2};
    ck_assert_int_eq(wrappers_classify(&more, "xrealloc", NULL, NULL), WRAPPER_YES);
    ck_assert_int_eq(wrappers_classify(&more, "take", "/src/pool.c", NULL), WRAPPER_YES);
    ck_assert_int_eq(wrappers_classify(&more, "take", "/src/pool.h", NULL), WRAPPER_NONE);
}
END_TEST

START_TEST(libc_is_known_by_its_module) {
    ck_assert_int_eq(wrappers_classify(NULL, "qsort", NULL, "/lib/libc.so.6"), WRAPPER_LIBC);
    ck_assert_int_eq(wrappers_classify(NULL, "malloc", NULL, "/lib/libc.so.6"), WRAPPER_YES);
    ck_assert_int_eq(wrappers_classify(NULL, NULL, NULL, "/lib/libcrypto.so.3"), WRAPPER_NONE);
}
END_TEST

/* --- Which frame of a path answers --- */

struct call {
    uint16_t module;
    const char *function;
};

/* The function that answers for a path given innermost first. */
static const char *answers(enum blame blame, const struct call *calls, size_t count) {
    static struct fixture fixture;
    static char answer[64];
    struct resolver resolver;
    uint32_t node = ARENA_NODE_ROOT;
    fixture = (struct fixture){0};
    fixture_init(&fixture);
    while (count--)
        node = fixture_call(&fixture, node, calls[count].module, calls[count].function, "f.c", 1);
    resolver_init(&resolver, &fixture, NULL);
    struct path path = path_blame(resolver.symbols, node, blame);
    snprintf(answer, sizeof answer, "%s", path_next(&path)->function);
    resolver_fini(&resolver);
    return answer;
}
#define ANSWERS(blame, name, ...)                                                    \
    do {                                                                             \
        const struct call calls[] = {__VA_ARGS__};                                   \
        ck_assert_str_eq(answers(blame, calls, sizeof calls / sizeof *calls), name); \
    } while (0)

START_TEST(the_innermost_that_is_no_wrapper_answers) {
    ANSWERS(BLAME_DEFAULT, "f", {FIXTURE_MAIN, "f"}, {FIXTURE_MAIN, "main"});
    ANSWERS(BLAME_DEFAULT, "main", {FIXTURE_MAIN, "std::string::append"}, {FIXTURE_MAIN, "main"});
    ANSWERS(BLAME_DEFAULT, "f", {FIXTURE_MAIN, "f"}, {FIXTURE_MAIN, "std::sort"},
            {FIXTURE_MAIN, "main"});
    ANSWERS(BLAME_DEFAULT, "malloc", {FIXTURE_LIBC, "malloc"}, {FIXTURE_LIBC, "strdup"});
}
END_TEST

START_TEST(workings_of_a_libc_wrapper_are_part_of_it) {
    ANSWERS(BLAME_DEFAULT, "main", {FIXTURE_LIBC, "__vfprintf_internal"},
            {FIXTURE_LIBC, "vasprintf"}, {FIXTURE_MAIN, "main"});
    ANSWERS(BLAME_DEFAULT, "fopen", {FIXTURE_LIBC, "fopen"}, {FIXTURE_MAIN, "main"});
    ANSWERS(BLAME_DEFAULT, "qsort", {FIXTURE_LIBC, "qsort"}, {FIXTURE_MAIN, "std::f"},
            {FIXTURE_MAIN, "main"});
    ANSWERS(BLAME_DEFAULT, "init", {FIXTURE_LIBC, "getline"}, {FIXTURE_LIBC, "init"},
            {FIXTURE_LIBC, "getpwnam"}, {FIXTURE_MAIN, "main"});
}
END_TEST

START_TEST(blame_can_be_chosen) {
    ANSWERS(BLAME_RAW, "malloc", {FIXTURE_LIBC, "malloc"}, {FIXTURE_MAIN, "main"});
    ANSWERS(BLAME_APP, "f", {FIXTURE_OTHER, "make"}, {FIXTURE_MAIN, "f"}, {FIXTURE_MAIN, "main"});
    ANSWERS(BLAME_APP, "make", {FIXTURE_OTHER, "make"}, {FIXTURE_OTHER, "thread"});
}
END_TEST

START_TEST(paths_that_are_none_have_a_frame_too) {
    struct fixture fixture = {0};
    struct resolver resolver;
    fixture_init(&fixture);
    resolver_init(&resolver, &fixture, NULL);
    static const char *const files[] = {"<unknown>", "<not recorded>"};
    for (uint32_t node = 0; node < 2; node++) {
        struct path path = path_blame(resolver.symbols, node, BLAME_DEFAULT);
        ck_assert_str_eq(path_next(&path)->file, files[node]);
        ck_assert_ptr_null(path_next(&path));
    }
    resolver_fini(&resolver);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("wrappers");
    TCase *tests = tcase_create("wrappers");
    tcase_add_loop_test(tests, frames_are_known_by_function_or_file, 0,
                        sizeof frames / sizeof *frames);
    tcase_add_test(tests, globs_add_functions_and_files);
    tcase_add_test(tests, libc_is_known_by_its_module);
    tcase_add_test(tests, the_innermost_that_is_no_wrapper_answers);
    tcase_add_test(tests, workings_of_a_libc_wrapper_are_part_of_it);
    tcase_add_test(tests, blame_can_be_chosen);
    tcase_add_test(tests, paths_that_are_none_have_a_frame_too);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

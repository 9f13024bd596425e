/* Resolves addresses of this very program, whose debug information the build makes. */
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "analysis/demangle.h"
#include "analysis/range_map.h"
#include "analysis/source_path.h"
#include "image_fixture.h"
#include "suite.h"

static struct fixture fixture;
static char self[4096];
static uint8_t build_id[32];

/* --- This program as a module --- */

static void take_notes(const char *at, const char *end, struct image_module *module) {
    while (at + sizeof(ElfW(Nhdr)) < end) {
        const ElfW(Nhdr) *note = (const void *)at;
        const char *name = at + sizeof *note, *bits = name + ((note->n_namesz + 3) & ~3u);
        if (note->n_type == NT_GNU_BUILD_ID && !strcmp(name, "GNU")) {
            memcpy(build_id, bits, note->n_descsz);
            module->build_id = build_id;
            module->build_id_size = note->n_descsz;
        }
        at = bits + ((note->n_descsz + 3) & ~3u);
    }
}

static int take_first(struct dl_phdr_info *info, size_t size, void *context) {
    struct image_module *module = context;
    (void)size;
    module->bias = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        const char *at = (const char *)(info->dlpi_addr + header->p_vaddr);
        if (header->p_type == PT_NOTE)
            take_notes(at, at + header->p_memsz, module);
    }
    return 1;
}

static void setup(void) {
    fixture = (struct fixture){0};
    fixture_init(&fixture);
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    ck_assert_int_gt(size, 0);
    self[size] = '\0'; /* tests put longer paths here */
    dl_iterate_phdr(take_first, &fixture.modules[FIXTURE_MAIN]);
    fixture.modules[FIXTURE_MAIN].path = self;
}

/* --- Functions to be found --- */

static volatile int never;

static __attribute__((noinline)) void note_caller(void) {
    struct image_node *node = &fixture.nodes[fixture.image.node_count++];
    *node =
        (struct image_node){.ip = (uintptr_t)__builtin_return_address(0), .module = FIXTURE_MAIN};
}

static inline __attribute__((always_inline)) void inner(void) {
    note_caller();
    never = 1;
}
enum { INNER_LINE = __LINE__ - 3 };

static inline __attribute__((always_inline)) void outer(void) {
    inner();
    never = 2;
}
enum { OUTER_LINE = __LINE__ - 3 };

static __attribute__((noinline)) void calls_inlined(void) {
    outer();
    never = 3;
}
enum { CALLS_LINE = __LINE__ - 3 };

static const struct symbol_frame *resolve(struct resolver *r, size_t *count) {
    const struct symbol_frame *frames;
    resolver_init(r, &fixture, NULL);
    *count = symbols_frames(r->symbols, 2, &frames);
    return frames;
}

static void frame_is(const struct symbol_frame *frame, const char *function, unsigned line,
                     int inlined) {
    ck_assert_str_eq(frame->function, function);
    ck_assert_uint_eq(frame->line, line);
    ck_assert_int_eq(frame->inlined, inlined);
    ck_assert_str_eq(frame->module, self);
    ck_assert_str_eq(strrchr(frame->file, '/') + 1, "test-symbols.c");
}

START_TEST(inlined_frames_are_expanded) {
    struct resolver r;
    size_t count;
    calls_inlined();
    const struct symbol_frame *frames = resolve(&r, &count);
    ck_assert_uint_eq(count, 3);
    frame_is(&frames[0], "inner", INNER_LINE, 1);
    frame_is(&frames[1], "outer", OUTER_LINE, 1);
    frame_is(&frames[2], "calls_inlined", CALLS_LINE, 0);
    resolver_fini(&r);
}
END_TEST

/* --- A debug file of its own --- */

static int count_descriptors(void) {
    int count = 0;
    for (int fd = 0; fd < 64; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* This program without debug information, which lies beside it, compressed. 0: no objcopy that
 * could do that. */
static int split_self(const char *directory, char *program, size_t size) {
    char command[sizeof self * 3];
    snprintf(program, size, "%s/program", directory);
    snprintf(command, sizeof command,
             "cd %s && objcopy --only-keep-debug --compress-debug-sections '%s' program.debug && "
             "objcopy --strip-all --add-gnu-debuglink=program.debug '%s' program",
             directory, self, self);
    return system(command) == 0;
}

START_TEST(a_separate_debug_file_costs_no_descriptor) {
    struct resolver r;
    size_t count;
    char directory[] = "/tmp/test-symbols-XXXXXX", program[64], command[64];
    ck_assert_ptr_nonnull(mkdtemp(directory));
    calls_inlined();
    if (split_self(directory, program, sizeof program)) {
        fixture.modules[FIXTURE_MAIN].path = program;
        int before = count_descriptors();
        const struct symbol_frame *frames = resolve(&r, &count);
        ck_assert_uint_eq(count, 3);
        ck_assert_str_eq(frames[0].function, "inner");
        ck_assert_uint_eq(frames[0].line, INNER_LINE);
        resolver_fini(&r);
        ck_assert_int_eq(count_descriptors(), before);
    } else {
        puts("skipped: objcopy cannot split this program");
    }
    snprintf(command, sizeof command, "rm -r %s", directory);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

/* Why there is no line, "" if nothing is said. */
static const char *problem(struct resolver *r) {
    const char *module, *text = "";
    uint32_t at = 0;
    symbols_want_line(r->symbols, 2);
    symbols_next_problem(r->symbols, &at, &module, &text);
    return text;
}

static void unresolved_is(const char *expected) {
    struct resolver r;
    size_t count;
    char text[sizeof self + 32];
    const struct image_module *module = &fixture.modules[FIXTURE_MAIN];
    const struct symbol_frame *frame = resolve(&r, &count);
    snprintf(text, sizeof text, "%s+0x%lx", module->path,
             (unsigned long)(fixture.nodes[2].ip - module->bias));
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(frame->file, text);
    ck_assert_uint_eq(frame->line, 0);
    ck_assert_ptr_null(frame->function);
    ck_assert_str_eq(problem(&r), expected);
    resolver_fini(&r);
}

START_TEST(another_build_is_not_believed) {
    calls_inlined();
    build_id[3] ^= 1;
    unresolved_is("file has changed (build-id differs)");
}
END_TEST

START_TEST(a_missing_file_is_stated) {
    calls_inlined();
    strcat(self, ".gone");
    unresolved_is("file is missing");
}
END_TEST

START_TEST(embedded_lines_need_no_file) {
    struct resolver r;
    size_t count;
    calls_inlined();
    ck_assert_int_eq(symbols_embed(&fixture.image, NULL, 0, NULL, NULL, NULL), 0);
    fixture_site(&fixture, 2, 1, 1);
    ck_assert_int_eq(symbols_embed(&fixture.image, NULL, 0, NULL, NULL, NULL), 0);
    ck_assert_uint_eq(fixture.image.symbol_count, 1);
    build_id[3] ^= 1;
    const struct symbol_frame *frames = resolve(&r, &count);
    ck_assert_uint_eq(count, 3);
    frame_is(&frames[0], "inner", INNER_LINE, 1);
    ck_assert_str_eq(problem(&r), "");
    resolver_fini(&r);
    pool_fini(&fixture.image.pool);
}
END_TEST

START_TEST(code_of_no_module_is_unknown) {
    struct resolver r;
    size_t count;
    calls_inlined();
    fixture.nodes[2].module = 0;
    ck_assert_str_eq(resolve(&r, &count)->file, "<unknown>");
    resolver_fini(&r);
}
END_TEST

/* --- What is kept on disk --- */

static char store[] = "/tmp/test-symbols-XXXXXX";

static void make_store(void) {
    strcpy(store, "/tmp/test-symbols-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(store));
}

static void remove_store(void) {
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", store);
    ck_assert_int_eq(system(command), 0);
}

/* The function, as a command of its own finds it. */
static const char *function_by_store(char *text, size_t size) {
    struct resolver r;
    struct symbol_cache files = {.directory = store};
    struct symbols_options options = {.files = &files};
    const struct symbol_frame *frames;
    resolver_init(&r, &fixture, &options);
    ck_assert_uint_eq(symbols_frames(r.symbols, 2, &frames), 3);
    frame_is(&frames[1], "outer", OUTER_LINE, 1);
    frame_is(&frames[2], "calls_inlined", CALLS_LINE, 0);
    snprintf(text, size, "%s", frames->function);
    resolver_fini(&r);
    symbol_cache_fini(&files);
    return text;
}

/* As if the function had had another name when it was first asked for. */
static void rename_in_store(const char *name) {
    struct symbol_cache old = {.directory = store}, new = {.directory = store};
    struct image_frame frames[3];
    const struct image_module *module = &fixture.modules[FIXTURE_MAIN];
    uint64_t vaddr = fixture.nodes[2].ip - module->bias;
    struct cached_file *from = symbol_cache_open(&old, module, module->path);
    const struct image_symbol *symbol = cached_file_known(from, vaddr, 0);
    ck_assert_uint_eq(symbol->frame_count, 3);
    memcpy(frames, symbol->frames, sizeof frames);
    frames[0].function = name;
    remove_store();
    ck_assert_int_eq(mkdir(store, 0700), 0);
    struct cached_file *to = symbol_cache_open(&new, module, module->path);
    ck_assert(cached_file_is_learning(to));
    cached_file_learn(to, vaddr, 0, frames, 3);
    symbol_cache_close(&new, to);
    symbol_cache_fini(&new);
    symbol_cache_close(&old, from);
    symbol_cache_fini(&old);
}

START_TEST(what_was_found_is_not_looked_for_again) {
    char name[64];
    make_store();
    calls_inlined();
    ck_assert_str_eq(function_by_store(name, sizeof name), "inner");
    ck_assert_str_eq(function_by_store(name, sizeof name), "inner");
    rename_in_store("from the store");
    ck_assert_str_eq(function_by_store(name, sizeof name), "from the store");
    remove_store();
}
END_TEST

/* `limit` bytes of address space, so that memory may run out anywhere. 0: an emulator takes no
 * notice of that. */
static int limit_memory(rlim_t limit) {
    struct rlimit now = {limit, RLIM_INFINITY};
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &now), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &now), 0);
    return now.rlim_cur == limit;
}

START_TEST(what_little_memory_tells_is_not_kept) {
    char name[64];
    make_store();
    calls_inlined();
    if (limit_memory((rlim_t)1 << 46))
        ck_assert_str_eq(function_by_store(name, sizeof name), "inner");
    else
        puts("skipped: memory cannot be limited");
    limit_memory(RLIM_INFINITY);
    ck_assert_int_eq(rmdir(store), 0);
}
END_TEST

START_TEST(a_copy_that_is_not_current_is_not_kept) {
    char directory[] = "/tmp/test-symbols-XXXXXX", command[sizeof self * 2];
    const struct symbol_frame *frames;
    struct resolver r;
    make_store();
    calls_inlined();
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(command, sizeof command, "cp %s %s/program", self, directory);
    ck_assert_int_eq(system(command), 0);
    snprintf(self, sizeof self, "%s/program", directory);
    struct symbol_cache files = {.directory = store};
    struct symbols_options options = {.files = &files};
    resolver_init(&r, &fixture, &options);
    ck_assert_uint_eq(symbols_frames(r.symbols, 2, &frames), 3);
    resolver_fini(&r);
    snprintf(command, sizeof command, "rm -r %s", directory);
    ck_assert_int_eq(system(command), 0);
    symbol_cache_fini(&files);
    ck_assert_int_eq(rmdir(store), 0);
}
END_TEST

START_TEST(a_file_that_changed_is_looked_at_again) {
    char name[64], directory[] = "/tmp/test-symbols-XXXXXX", command[sizeof self * 2];
    make_store();
    calls_inlined();
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(command, sizeof command, "cp %s %s/program", self, directory);
    ck_assert_int_eq(system(command), 0);
    snprintf(self, sizeof self, "%s/program", directory);
    ck_assert_str_eq(function_by_store(name, sizeof name), "inner");
    rename_in_store("from the store");
    ck_assert_str_eq(function_by_store(name, sizeof name), "from the store");
    snprintf(command, sizeof command, "touch %s", self);
    ck_assert_int_eq(system(command), 0);
    ck_assert_str_eq(function_by_store(name, sizeof name), "inner");
    snprintf(command, sizeof command, "rm -r %s", directory);
    ck_assert_int_eq(system(command), 0);
    remove_store();
}
END_TEST

/* --- Parts --- */

static const struct {
    const char *mangled, *readable;
} names[] = {
    {"main", NULL},
    {"_Zone", NULL},
    {"_ZN3app5Thing4fillEi", "app::Thing::fill"},
    {"_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector<int, std::allocator<int> >::push_back"},
    {"_ZN3FooC4Ev", "Foo::Foo"},
    {"_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write"},
    {"_RNvC6_123foo3bar", "123foo::bar"},
};

START_TEST(names_are_demangled) {
    char *readable = demangle_name(names[_i].mangled);
    if (names[_i].readable)
        ck_assert_str_eq(readable, names[_i].readable);
    else
        ck_assert_ptr_null(readable);
    free(readable);
}
END_TEST

static const struct {
    const char *directory, *path, *normal;
} paths[] = {
    {NULL, "/a/./b//../c.c", "/a/c.c"},
    {NULL, "/../a.c", "/a.c"},
    {NULL, "../../a.c", "../../a.c"},
    {NULL, "a/../../b.c", "../b.c"},
    {"./csu", "../sysdeps/a.c", "sysdeps/a.c"},
    {"./build", "Python/a.c", "build/Python/a.c"},
    {"./malloc", "./malloc/a.c", "malloc/a.c"},
    {"build", "build/a.c", "build/a.c"},
    {"/src", "/usr/include/a.h", "/usr/include/a.h"},
};

START_TEST(paths_have_one_spelling) {
    char *normal = source_path_new(paths[_i].directory, paths[_i].path);
    ck_assert_str_eq(normal, paths[_i].normal);
    free(normal);
}
END_TEST

START_TEST(the_innermost_range_is_found) {
    struct range_map map = {0};
    range_map_add(&map, 0, 1000, 9); /* dropped code */
    range_map_add(&map, 100, 200, 1);
    range_map_add(&map, 120, 160, 2);
    range_map_add(&map, 120, 160, 3); /* equal: added last, innermost */
    range_map_add(&map, 150, 170, 4); /* reaches out of its outer range */
    range_map_add(&map, 300, 300, 5); /* empty */
    range_map_build(&map);
    static const struct {
        uint64_t address;
        uint32_t value;
    } found[] = {{50, RANGE_NONE}, {100, 1},          {119, 1},         {120, 3},
                 {149, 3},         {150, 4},          {169, 4},         {170, 1},
                 {199, 1},         {200, RANGE_NONE}, {300, RANGE_NONE}};
    for (size_t i = 0; i < sizeof found / sizeof *found; i++)
        ck_assert_uint_eq(range_map_find(&map, found[i].address), found[i].value);
    range_map_fini(&map);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("symbols");
    TCase *tests = tcase_create("symbols");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, inlined_frames_are_expanded);
    tcase_add_test(tests, a_separate_debug_file_costs_no_descriptor);
    tcase_add_test(tests, another_build_is_not_believed);
    tcase_add_test(tests, a_missing_file_is_stated);
    tcase_add_test(tests, embedded_lines_need_no_file);
    tcase_add_test(tests, code_of_no_module_is_unknown);
    tcase_add_test(tests, what_was_found_is_not_looked_for_again);
    tcase_add_test(tests, what_little_memory_tells_is_not_kept);
    tcase_add_test(tests, a_copy_that_is_not_current_is_not_kept);
    tcase_add_test(tests, a_file_that_changed_is_looked_at_again);
    tcase_add_loop_test(tests, names_are_demangled, 0, sizeof names / sizeof *names);
    tcase_add_loop_test(tests, paths_have_one_spelling, 0, sizeof paths / sizeof *paths);
    tcase_add_test(tests, the_innermost_range_is_found);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

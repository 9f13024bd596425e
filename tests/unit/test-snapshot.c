/* Making, keeping, dumping and loading snapshots; scenario T11, and what cannot be done. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>
#include "snapshot_fixture.h"

static char directory[] = "/tmp/heapline-snapshot.XXXXXX", file[64];
static struct heapline_snapshot *t1;
static struct heapline_error err;

static void setup(void) {
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(file, sizeof file, "%s/a.snap", directory);
    t1 = snapshot_t1();
    err = (struct heapline_error){0};
}

static void teardown(void) {
    heapline_snapshot_free(t1);
    unlink(file);
    rmdir(directory);
}

static struct heapline_snapshot *reload(const struct heapline_snapshot *s) {
    ck_assert_msg(!heapline_snapshot_dump(s, file, &err), "%s", err.message);
    struct heapline_snapshot *loaded = heapline_snapshot_load(file, &err);
    ck_assert_msg(loaded != NULL, "%s", err.message);
    unlink(file);
    return loaded;
}

static int same_text(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void frames_are_equal(const struct heapline_traceback *a,
                             const struct heapline_traceback *b) {
    ck_assert_int_eq(a->total_nframe, b->total_nframe);
    ck_assert_int_eq(a->nframe, b->nframe);
    for (int i = 0; i < a->nframe; i++) {
        ck_assert_str_eq(a->frames[i].file, b->frames[i].file);
        ck_assert_int_eq(a->frames[i].line, b->frames[i].line);
        ck_assert_int_eq(a->frames[i].inlined, b->frames[i].inlined);
        ck_assert(same_text(a->frames[i].function, b->frames[i].function));
        ck_assert(same_text(a->frames[i].module, b->frames[i].module));
    }
}

static void traces_are_equal(const struct heapline_snapshot *s, const struct heapline_snapshot *u) {
    const struct heapline_trace *a, *b;
    size_t count = heapline_snapshot_traces(s, &a);
    ck_assert_uint_eq(heapline_snapshot_traces(u, &b), count);
    for (size_t i = 0; i < count; i++) {
        frames_are_equal(&a[i].traceback, &b[i].traceback);
        ck_assert(same_text(a[i].type, b[i].type));
        ck_assert_uint_eq(a[i].domain, b[i].domain);
        ck_assert_uint_eq(a[i].block, b[i].block);
        ck_assert_mem_eq(&a[i].current, &b[i].current, sizeof a->current);
        ck_assert_mem_eq(&a[i].total, &b[i].total, sizeof a->total);
        ck_assert_mem_eq(&a[i].peak, &b[i].peak, sizeof a->peak);
        ck_assert_uint_eq(a[i].temporary, b[i].temporary);
    }
}

START_TEST(t11_a_loaded_snapshot_is_the_one_that_was_dumped) {
    ck_assert_int_eq(heapline_snapshot_set_label(t1, "build", "42", NULL), 0);
    ck_assert_int_eq(heapline_snapshot_set_label(t1, "empty", "", NULL), 0);
    struct heapline_snapshot *loaded = reload(t1), *again = reload(loaded);
    traces_are_equal(t1, loaded);
    traces_are_equal(t1, again);
    ck_assert_int_eq(heapline_snapshot_traceback_limit(loaded), 100);
    ck_assert_str_eq(heapline_snapshot_label(again, "build"), "42");
    ck_assert_str_eq(heapline_snapshot_label(again, "empty"), "");
    ck_assert_ptr_null(heapline_snapshot_label(again, "other"));
    ck_assert_str_eq(difference_text(loaded, t1, HEAPLINE_BY_FILENAME, 0),
                     "b.py:0: size=66 B (+0 B), count=1 (+0), average=66 B\n"
                     "a.py:0: size=32 B (+0 B), count=4 (+0), average=8 B\n"
                     "<unknown>:0: size=7 B (+0 B), count=1 (+0), average=7 B\n");
    heapline_snapshot_free(loaded);
    heapline_snapshot_free(again);
}
END_TEST

START_TEST(everything_about_a_trace_is_kept) {
    struct heapline_frame frames[] = {{"/src/a.c", "main", "/bin/x", 3, 0},
                                      {"/src/a.h", "inline_one", "/bin/x", 4, 1},
                                      {"/lib/y.so(f+0x1a)", "f", "/lib/y.so", 0, 0},
                                      {"/lib/y.so+0x12", NULL, "/lib/y.so", 0, 0},
                                      {"z", NULL, NULL, INT_MAX, 0}};
    struct heapline_trace t = {{frames, 5, 60}, "dict", 4294967295, 0, {1, 2}, {3, 4}, {5, 6}, 7};
    struct heapline_snapshot *s = new_snapshot();
    for (int i = 0; i < 5; i++) {
        t.traceback.nframe = i + 1;
        ck_assert_int_eq(heapline_snapshot_add(s, &t, NULL), 0);
    }
    t.traceback.total_nframe = -1;
    t.type = NULL;
    ck_assert_int_eq(heapline_snapshot_add(s, &t, NULL), 0);
    struct heapline_snapshot *loaded = reload(s), *again = reload(loaded);
    const struct heapline_trace *traces;
    ck_assert_uint_eq(heapline_snapshot_traces(s, &traces), 6);
    frames_are_equal(&traces[5].traceback, &t.traceback);
    ck_assert_str_eq(traces[4].type, "dict");
    ck_assert_int_eq(traces[4].traceback.total_nframe, 60);
    ck_assert_uint_eq(traces[4].temporary, 7);
    traces_are_equal(s, loaded);
    traces_are_equal(s, again);
    heapline_snapshot_free(s);
    heapline_snapshot_free(loaded);
    heapline_snapshot_free(again);
}
END_TEST

START_TEST(an_empty_path_is_an_unknown_place) {
    struct heapline_trace t = {.traceback = {NULL, 0, -1}, .current = {5, 1}};
    struct heapline_frame nowhere = {0};
    struct heapline_snapshot *s = new_snapshot();
    ck_assert_int_eq(heapline_snapshot_add(s, &t, NULL), 0);
    t.traceback = (struct heapline_traceback){&nowhere, 1, 0};
    ck_assert_int_eq(heapline_snapshot_add(s, &t, NULL), 0);
    ck_assert_str_eq(statistics_text(s, HEAPLINE_BY_TRACEBACK, 0),
                     "<unknown>:0: size=10 B, count=2, average=5 B\n");
    heapline_snapshot_free(s);
}
END_TEST

START_TEST(equal_traces_stay_separate) {
    const struct heapline_trace *traces;
    ck_assert_uint_eq(heapline_snapshot_traces(t1, &traces), 6);
    ck_assert_ptr_eq(traces[0].traceback.frames, traces[1].traceback.frames); /* stored once */
    ck_assert_uint_eq(traces[0].current.count, 1);
}
END_TEST

START_TEST(a_block_keeps_its_address) {
    struct path_text p;
    struct heapline_trace t = {.traceback = *path_parse(&p, "a.c:1"), .block = 0x7f1234};
    struct heapline_snapshot *s = new_snapshot();
    t.current = t.total = (struct heapline_count){64, 1};
    ck_assert_int_eq(heapline_snapshot_add(s, &t, NULL), 0);
    t.block = 0;
    ck_assert_int_eq(heapline_snapshot_add(s, &t, NULL), 0);
    t.block = 0x10;
    t.current.bytes = 32;
    t.total.bytes = 32;
    ck_assert_int_eq(heapline_snapshot_add(s, &t, NULL), 0);
    struct heapline_filter f = {"a.c", -1, 1, 1, 0};
    struct heapline_snapshot *loaded = reload(s);
    struct heapline_snapshot *left = heapline_snapshot_filter_traces(loaded, &f, 1, NULL);
    const struct heapline_trace *traces;
    ck_assert_uint_eq(heapline_snapshot_traces(s, &traces), 3);
    ck_assert_uint_eq(traces[0].block, 0x7f1234);
    ck_assert_uint_eq(traces[1].block, 0x10);
    ck_assert_uint_eq(traces[1].current.bytes, 32);
    ck_assert_uint_eq(traces[2].block, 0);
    traces_are_equal(s, loaded);
    traces_are_equal(s, left);
    heapline_snapshot_free(s);
    heapline_snapshot_free(loaded);
    heapline_snapshot_free(left);
}
END_TEST

START_TEST(a_file_of_filtered_traces_tells_nothing_of_the_others) {
    static char bytes[1 << 16];
    struct heapline_filter f = {"a.py", -1, 5, 1, 0};
    struct heapline_snapshot *left = heapline_snapshot_filter_traces(t1, &f, 1, NULL);
    ck_assert_int_eq(heapline_snapshot_dump(left, file, NULL), 0);
    int fd = open(file, O_RDONLY);
    size_t size = (size_t)read(fd, bytes, sizeof bytes);
    close(fd);
    ck_assert_ptr_nonnull(memmem(bytes, size, "b.py", 4)); /* calls a.py */
    ck_assert_ptr_null(memmem(bytes, size, "<unknown>", 9));
    struct heapline_snapshot *loaded = heapline_snapshot_load(file, NULL);
    traces_are_equal(left, loaded);
    heapline_snapshot_free(loaded);
    heapline_snapshot_free(left);
}
END_TEST

START_TEST(totals_are_sums_of_a_domain) {
    struct heapline_totals totals;
    ck_assert_int_eq(heapline_snapshot_totals(t1, 0, &totals), 0);
    ck_assert_uint_eq(totals.current.bytes, 30);
    ck_assert_uint_eq(totals.total.count, 3);
    ck_assert_int_eq(heapline_snapshot_totals(t1, 9, &totals), 0);
    ck_assert_uint_eq(totals.current.count, 0);
}
END_TEST

START_TEST(labels_are_replaced) {
    char name[16];
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "n%d", i % 20);
        ck_assert_int_eq(heapline_snapshot_set_label(t1, name, i < 80 ? "old" : name, NULL), 0);
    }
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "n%d", i);
        ck_assert_str_eq(heapline_snapshot_label(t1, name), name);
    }
}
END_TEST

static void *read_all_ways(void *context) {
    const struct heapline_trace *traces;
    const struct heapline_snapshot *s = context;
    size_t sum = 0;
    for (int i = 0; i < 200; i++) {
        sum += heapline_snapshot_traces(s, &traces);
        heapline_rows_free(heapline_snapshot_statistics(s, HEAPLINE_BY_LINENO, 0, NULL));
        heapline_rows_free(heapline_snapshot_compare_to(s, s, HEAPLINE_BY_TRACEBACK, 0, NULL));
        heapline_snapshot_free(heapline_snapshot_filter_traces(s, NULL, 0, NULL));
    }
    return (void *)sum;
}

START_TEST(any_thread_may_read) {
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, read_all_ways, t1), 0);
    for (int i = 0; i < THREADS; i++) {
        void *sum;
        pthread_join(threads[i], &sum);
        ck_assert_uint_eq((size_t)sum, 200 * 6);
    }
}
END_TEST

/* --- What cannot be done --- */

START_TEST(a_file_is_never_overwritten) {
    ck_assert_int_eq(heapline_snapshot_dump(t1, file, &err), 0);
    ck_assert_int_eq(heapline_snapshot_dump(t1, file, &err), -1);
    ck_assert_int_eq(err.code, HEAPLINE_IO);
    ck_assert_int_eq(err.os_errno, EEXIST);
    ck_assert_int_eq(heapline_snapshot_dump(t1, "/none/such", &err), -1);
    ck_assert_int_eq(err.os_errno, ENOENT);
    ck_assert_int_eq(heapline_snapshot_dump(t1, NULL, &err), -1);
    ck_assert_int_eq(err.code, HEAPLINE_BAD_ARGUMENT);
    ck_assert_int_eq(heapline_snapshot_dump(NULL, file, &err), -1);
}
END_TEST

static void write_file(const void *bytes, size_t size) {
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
    close(fd);
}

START_TEST(damaged_files_are_refused) {
    static char bytes[1 << 16];
    ck_assert_int_eq(heapline_snapshot_dump(t1, file, NULL), 0);
    int fd = open(file, O_RDONLY);
    ssize_t size = read(fd, bytes, sizeof bytes);
    close(fd);
    for (ssize_t cut = 0; cut < size; cut++) {
        write_file(bytes, (size_t)cut);
        ck_assert_ptr_null(heapline_snapshot_load(file, &err));
        ck_assert_int_eq(err.code, HEAPLINE_BAD_FILE);
    }
    for (ssize_t at = 0; at < size; at++) {
        bytes[at] ^= 0x20;
        write_file(bytes, (size_t)size);
        ck_assert_ptr_null(heapline_snapshot_load(file, &err));
        bytes[at] ^= 0x20;
    }
    ck_assert_ptr_null(heapline_snapshot_load(directory, &err));
    ck_assert_int_eq(err.code, HEAPLINE_BAD_FILE);
    ck_assert_ptr_null(heapline_snapshot_load("/none/such", &err));
    ck_assert_int_eq(err.code, HEAPLINE_IO);
    ck_assert_int_eq(err.os_errno, ENOENT);
    ck_assert_ptr_null(heapline_snapshot_load(NULL, &err));
    ck_assert_int_eq(err.code, HEAPLINE_BAD_ARGUMENT);
}
END_TEST

START_TEST(limits_of_a_new_snapshot) {
    static const int bad[] = {0, -1, 65536, INT_MAX, INT_MIN};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err.code = 0;
        ck_assert_ptr_null(heapline_snapshot_new(bad[i], &err));
        ck_assert_int_eq(err.code, HEAPLINE_BAD_ARGUMENT);
    }
    struct heapline_snapshot *s = heapline_snapshot_new(65535, NULL);
    ck_assert_int_eq(heapline_snapshot_traceback_limit(s), 65535);
    heapline_snapshot_free(s);
}
END_TEST

static void add_is_refused(struct heapline_snapshot *s, const struct heapline_trace *t, int code) {
    err.code = 0;
    ck_assert_int_eq(heapline_snapshot_add(s, t, &err), -1);
    ck_assert_int_eq(err.code, code);
    ck_assert_int_eq(heapline_snapshot_add(s, t, NULL), -1);
}

START_TEST(impossible_traces_are_refused) {
    struct heapline_frame frames[] = {{.file = "a.c", .line = 1}, {.file = "a.c", .line = -1}};
    struct heapline_trace negative_line = {.traceback = {frames, 2, 2}};
    struct heapline_trace no_frames = {.traceback = {NULL, 1, 1}};
    struct heapline_trace negative_count = {.traceback = {frames, -1, 1}};
    const struct heapline_trace *traces;
    add_is_refused(t1, &negative_line, HEAPLINE_BAD_ARGUMENT);
    add_is_refused(t1, &no_frames, HEAPLINE_BAD_ARGUMENT);
    add_is_refused(t1, &negative_count, HEAPLINE_BAD_ARGUMENT);
    add_is_refused(t1, NULL, HEAPLINE_BAD_ARGUMENT);
    add_is_refused(NULL, &negative_line, HEAPLINE_BAD_ARGUMENT);
    ck_assert_uint_eq(heapline_snapshot_traces(t1, &traces), 6);
}
END_TEST

START_TEST(what_was_read_is_full) {
    struct heapline_trace t = {0};
    struct heapline_snapshot *loaded = reload(t1);
    struct heapline_snapshot *left = heapline_snapshot_filter_traces(t1, NULL, 0, NULL);
    add_is_refused(t1, &t, HEAPLINE_BAD_STATE);
    add_is_refused(loaded, &t, HEAPLINE_BAD_STATE);
    add_is_refused(left, &t, HEAPLINE_BAD_STATE);
    heapline_snapshot_free(loaded);
    heapline_snapshot_free(left);
}
END_TEST

START_TEST(nothing_is_refused) {
    struct heapline_totals totals;
    const struct heapline_trace *traces = (void *)1;
    const struct heapline_row *rows = (void *)1;
    ck_assert_uint_eq(heapline_snapshot_traces(NULL, &traces), 0);
    ck_assert_ptr_null(traces);
    ck_assert_uint_eq(heapline_rows_get(NULL, &rows), 0);
    ck_assert_ptr_null(rows);
    ck_assert_int_eq(heapline_snapshot_totals(NULL, 0, &totals), -1);
    ck_assert_int_eq(heapline_snapshot_totals(t1, 0, NULL), -1);
    ck_assert_int_eq(heapline_snapshot_traceback_limit(NULL), 0);
    ck_assert_ptr_null(heapline_snapshot_label(NULL, "a"));
    ck_assert_ptr_null(heapline_snapshot_label(t1, NULL));
    ck_assert_int_eq(heapline_snapshot_set_label(t1, NULL, "", NULL), -1);
    ck_assert_int_eq(heapline_snapshot_set_label(t1, "", NULL, NULL), -1);
    ck_assert_int_eq(heapline_snapshot_set_label(NULL, "", "", NULL), -1);
    ck_assert_ptr_null(heapline_snapshot_statistics(NULL, HEAPLINE_BY_LINENO, 0, NULL));
    heapline_snapshot_free(NULL);
    heapline_rows_free(NULL);
}
END_TEST

START_TEST(t11_without_the_tracer_there_is_nothing_to_take) {
    ck_assert_ptr_null(heapline_take_snapshot(0, &err));
    ck_assert_int_eq(err.code, HEAPLINE_BAD_STATE);
    ck_assert_ptr_null(heapline_take_snapshot(1, NULL));
}
END_TEST

START_TEST(processes_that_are_not_traced) {
    ck_assert_ptr_null(heapline_snapshot_of_process(getpid(), &err));
    ck_assert_int_eq(err.code, HEAPLINE_NO_PROCESS);
    ck_assert_ptr_null(heapline_snapshot_of_process(0, &err));
    ck_assert_int_eq(err.code, HEAPLINE_BAD_ARGUMENT);
    ck_assert_ptr_null(heapline_snapshot_of_process(-1, NULL));
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("snapshot");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, t11_a_loaded_snapshot_is_the_one_that_was_dumped);
    tcase_add_test(tests, everything_about_a_trace_is_kept);
    tcase_add_test(tests, an_empty_path_is_an_unknown_place);
    tcase_add_test(tests, equal_traces_stay_separate);
    tcase_add_test(tests, a_block_keeps_its_address);
    tcase_add_test(tests, a_file_of_filtered_traces_tells_nothing_of_the_others);
    tcase_add_test(tests, totals_are_sums_of_a_domain);
    tcase_add_test(tests, labels_are_replaced);
    tcase_add_test(tests, any_thread_may_read);
    tcase_add_test(tests, a_file_is_never_overwritten);
    tcase_add_test(tests, damaged_files_are_refused);
    tcase_add_test(tests, limits_of_a_new_snapshot);
    tcase_add_test(tests, impossible_traces_are_refused);
    tcase_add_test(tests, what_was_read_is_full);
    tcase_add_test(tests, nothing_is_refused);
    tcase_add_test(tests, t11_without_the_tracer_there_is_nothing_to_take);
    tcase_add_test(tests, processes_that_are_not_traced);
    return run_suite(suite_of("snapshot", tests));
}

/* Snapshots of this process: every live block with its address, and files of it. */
#include "api_fixture.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* How many live blocks the snapshot lists at an address, and where the first of them is. */
static size_t blocks_at(const struct heapline_snapshot *s, uintptr_t address,
                        const struct heapline_trace **found) {
    const struct heapline_trace *traces;
    size_t count = heapline_snapshot_traces(s, &traces), times = 0;
    for (size_t i = 0; i < count; i++)
        if (traces[i].block == address && traces[i].current.count > 0) {
            *found = &traces[i];
            times++;
        }
    return times;
}

static size_t live_blocks(const struct heapline_snapshot *s) {
    const struct heapline_trace *traces;
    size_t count = heapline_snapshot_traces(s, &traces), live = 0;
    for (size_t i = 0; i < count; i++)
        live += traces[i].current.count;
    return live;
}

START_TEST(exactly_the_live_blocks) {
    enum { BLOCKS = 1000 };
    static void *block[BLOCKS];
    const struct heapline_trace *found = NULL;
    void *unknown = malloc(99);
    heapline_start(3, NULL);
    for (size_t i = 0; i < BLOCKS; i++)
        block[i] = malloc(i + 1);
    for (size_t i = 0; i < BLOCKS; i += 2)
        free(block[i]);
    heapline_track(4, 77, 123456);
    struct heapline_snapshot *s = take_snapshot(1);
    heapline_stop();
    ck_assert_uint_eq(live_blocks(s), BLOCKS / 2 + 1);
    for (size_t i = 1; i < BLOCKS; i += 2) {
        ck_assert_uint_eq(blocks_at(s, (uintptr_t)block[i], &found), 1);
        ck_assert_uint_eq(found->domain, HEAPLINE_DOMAIN_MALLOC);
        ck_assert_count(found->current, i + 1, 1);
        ck_assert_count(found->total, i + 1, 1);
        ck_assert_count(found->peak, 0, 0);
        ck_assert_int_ge(found->traceback.nframe, 3);
        free(block[i]);
    }
    ck_assert_uint_eq(blocks_at(s, 77, &found), 1);
    ck_assert_uint_eq(found->domain, 4);
    ck_assert_count(found->current, 123456, 1);
    ck_assert_uint_eq(blocks_at(s, (uintptr_t)unknown, &found), 0);
    heapline_snapshot_free(s);
    free(unknown);
}
END_TEST

START_TEST(blocks_of_before_a_clear_are_not_listed) {
    const struct heapline_trace *found = NULL;
    heapline_start(1, NULL);
    void *old = malloc(10);
    heapline_track(4, 1, 10);
    heapline_clear_traces();
    void *new = malloc(10);
    struct heapline_snapshot *s = take_snapshot(1);
    heapline_stop();
    ck_assert_uint_eq(live_blocks(s), 1);
    ck_assert_uint_eq(blocks_at(s, (uintptr_t) new, &found), 1);
    heapline_snapshot_free(s);
    free(old);
    free(new);
}
END_TEST

START_TEST(an_empty_snapshot) {
    for (int blocks = 0; blocks < 2; blocks++) {
        heapline_start(1, NULL);
        struct heapline_snapshot *s = take_snapshot(blocks);
        struct memory seen = memory_now();
        heapline_stop();
        ck_assert_uint_eq(live_blocks(s), 0);
        assert_memory(&seen, &(struct memory){0, 0}, 1);
        heapline_snapshot_free(s);
    }
}
END_TEST

START_TEST(a_snapshot_is_of_its_moment) {
    heapline_start(1, NULL);
    void *block = malloc(1000);
    struct heapline_snapshot *before = take_snapshot(0);
    free(block);
    struct heapline_snapshot *after = take_snapshot(0);
    heapline_stop();
    struct heapline_totals was, is;
    heapline_snapshot_totals(before, 0, &was);
    heapline_snapshot_totals(after, 0, &is);
    ck_assert_count(was.current, 1000, 1);
    ck_assert_count(is.current, 0, 0);
    ck_assert_count(is.peak, 1000, 1);
    ck_assert_uint_eq(is.frees, 1);
    heapline_snapshot_free(before);
    heapline_snapshot_free(after);
}
END_TEST

START_TEST(a_written_snapshot_is_the_one_that_is_taken) {
    char directory[] = "/tmp/heapline-test.XXXXXX", path[64];
    struct heapline_error err = {0};
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/a.snap", directory);
    heapline_start(4, NULL);
    void *block = malloc(4321);
    heapline_set_label("made by", "test", NULL);
    int written = heapline_write_snapshot(path, &err);
    struct heapline_snapshot *taken = take_snapshot(0);
    struct memory seen = memory_now();
    int again = heapline_write_snapshot(path, &err);
    struct heapline_error null, nowhere;
    int no_path = heapline_write_snapshot(NULL, &null);
    int no_directory = heapline_write_snapshot("/tmp/no/such/directory/a.snap", &nowhere);
    heapline_stop();
    ck_assert_int_eq(written, 0);
    ck_assert_int_eq(again, -1);
    ck_assert_int_eq(err.code, HEAPLINE_IO);
    ck_assert_int_eq(err.os_errno, EEXIST);
    ck_assert_int_eq(no_path, -1);
    ck_assert_int_eq(null.code, HEAPLINE_BAD_ARGUMENT);
    ck_assert_int_eq(no_directory, -1);
    ck_assert_int_eq(nowhere.os_errno, ENOENT);
    assert_memory(&seen, &(struct memory){4321, 4321}, 1);
    struct heapline_snapshot *read = heapline_snapshot_load(path, &err);
    ck_assert_msg(read != NULL, "%s", err.message);
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "%s", statistics_text(taken, HEAPLINE_BY_LINENO, 0));
    ck_assert_str_eq(statistics_text(read, HEAPLINE_BY_LINENO, 0), text);
    ck_assert_str_eq(heapline_snapshot_label(read, "made by"), "test");
    ck_assert_int_eq(heapline_snapshot_traceback_limit(read), 4);
    heapline_snapshot_free(read);
    heapline_snapshot_free(taken);
    unlink(path);
    rmdir(directory);
    free(block);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("snapshots");
    tcase_add_test(tests, exactly_the_live_blocks);
    tcase_add_test(tests, blocks_of_before_a_clear_are_not_listed);
    tcase_add_test(tests, an_empty_snapshot);
    tcase_add_test(tests, a_snapshot_is_of_its_moment);
    tcase_add_test(tests, a_written_snapshot_is_the_one_that_is_taken);
    return run_suite(suite_of("snapshots", tests));
}

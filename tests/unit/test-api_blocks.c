/* Single blocks, domains, types, names and labels: scenario P56 and tests T2 to T6 and T15 of
 * tracemalloc. */
#include "api_fixture.h"

static __attribute__((noinline)) void *allocate_here(size_t size) {
    void *block = malloc(size);
    return block;
}
enum { ALLOCATE_HERE_LINE = __LINE__ - 3 };

static __attribute__((noinline)) void *allocate_there(size_t size) {
    char *block = malloc(size);
    *block = 1; /* not the same function */
    return block;
}
enum { ALLOCATE_THERE_LINE = __LINE__ - 4 };

static __attribute__((noinline)) void *allocate_at_depth(int depth, size_t size) {
    void *block;
    if (depth > 1)
        block = allocate_at_depth(depth - 1, size); /* every other frame */
    else
        block = malloc(size); /* the last */
    __asm__ volatile("" ::: "memory");
    return block;
}
enum { DEEPEST_LINE = __LINE__ - 4, DEEPER_LINE = DEEPEST_LINE - 2 };

/* The line of a return address of this program. */
static int line_of(uintptr_t address) {
    struct heapline_snapshot *s = heapline_symbolize(&address, 1, NULL);
    const struct heapline_trace *traces;
    ck_assert_uint_eq(heapline_snapshot_traces(s, &traces), 1);
    const struct heapline_frame *frame = last_frame(traces);
    ck_assert_str_eq(strrchr(frame->file, '/'), "/test-api_blocks.c");
    int line = frame->line;
    heapline_snapshot_free(s);
    return line;
}

START_TEST(t2_the_line_of_a_block) {
    uintptr_t address[4];
    int total;
    heapline_start(1, NULL);
    void *block = allocate_here(12345);
    int count = heapline_get_block_traceback(block, address, 4, &total);
    heapline_stop();
    ck_assert_int_eq(count, 4);
    ck_assert_int_gt(total, 4);
    ck_assert_int_eq(line_of(address[0]), ALLOCATE_HERE_LINE);
    free(block);
}
END_TEST

START_TEST(t3_a_new_block_at_an_old_address) {
    uintptr_t address[3][1];
    heapline_start(1, NULL);
    void *block = allocate_here(200), *again;
    heapline_get_block_traceback(block, address[0], 1, NULL);
    free(block);
    again = allocate_there(200);
    heapline_get_block_traceback(again, address[1], 1, NULL);
    heapline_untrack(0, (uintptr_t)again); /* as a free list does that hands it out again */
    heapline_track(0, (uintptr_t)again, 200);
    heapline_get_block_traceback(again, address[2], 1, NULL);
    int here = __LINE__ - 2;
    struct memory seen = memory_now();
    heapline_stop();
    ck_assert_ptr_eq(again, block);
    ck_assert_int_eq(line_of(address[0][0]), ALLOCATE_HERE_LINE);
    ck_assert_int_eq(line_of(address[1][0]), ALLOCATE_THERE_LINE);
    ck_assert_int_eq(line_of(address[2][0]), here);
    assert_memory(&seen, &(struct memory){200, 200}, 1);
    free(again);
}
END_TEST

START_TEST(a_realloc_is_the_new_place) {
    uintptr_t address;
    heapline_start(1, NULL);
    void *block = realloc(allocate_here(100), 50); /* stays where it is */
    heapline_get_block_traceback(block, &address, 1, NULL);
    heapline_stop();
    ck_assert_int_eq(line_of(address), __LINE__ - 3);
    free(block);
}
END_TEST

static const struct { int limit, depth; } limits[] = {{1, 52}, {5, 52}, {10, 52}, {65535, 52}};

START_TEST(p56_t4_frames_of_a_snapshot) {
    int total, limit = limits[_i].limit, depth = limits[_i].depth;
    heapline_start(limit, NULL);
    void *block = allocate_at_depth(depth, 4321);
    heapline_get_block_traceback(block, NULL, 0, &total);
    struct heapline_snapshot *s = take_snapshot(0);
    heapline_stop();
    const struct heapline_trace *t = trace_of(s, 4321);
    int stored = t->traceback.nframe;
    ck_assert_int_eq(heapline_snapshot_traceback_limit(s), limit);
    ck_assert_int_eq(t->traceback.total_nframe, limit < total ? total : stored);
    ck_assert_int_ge(stored, limit < total ? limit : total); /* inlined frames come on top */
    ck_assert_int_ge(total, depth);
    ck_assert_int_eq(last_frame(t)->line, DEEPEST_LINE);
    for (int i = stored - (limit < depth ? limit : depth); i < stored - 1; i++)
        ck_assert_int_eq(t->traceback.frames[i].line, DEEPER_LINE);
    heapline_snapshot_free(s);
    free(block);
}
END_TEST

START_TEST(t5_the_traces) {
    heapline_start(3, NULL);
    void *block = allocate_here(777);
    heapline_track(9, 1, 888);
    struct heapline_snapshot *s = take_snapshot(0);
    struct heapline_totals totals;
    heapline_stop();
    ck_assert_int_eq(heapline_get_all_totals(&totals), HEAPLINE_OFF);
    ck_assert_count(totals.total, 0, 0);
    const struct heapline_trace *t = trace_of(s, 777), *tracked = trace_of(s, 888);
    ck_assert_uint_eq(t->domain, HEAPLINE_DOMAIN_MALLOC);
    ck_assert_uint_eq(t->current.count, 1);
    ck_assert_int_eq(t->traceback.nframe, 3);
    ck_assert_int_gt(t->traceback.total_nframe, 3);
    ck_assert_int_eq(last_frame(t)->line, ALLOCATE_HERE_LINE);
    ck_assert_uint_eq(tracked->domain, 9);
    ck_assert_str_eq(last_frame(tracked)->function, "t5_the_traces_fn");
    heapline_snapshot_free(s);
    free(block);
}
END_TEST

START_TEST(t6_one_path_is_one_trace) {
    uintptr_t address[2][64];
    void *block[2];
    int count[2];
    volatile int blocks = 2; /* one loop, one call */
    heapline_start(5, NULL);
    for (int i = 0; i < blocks; i++)
        block[i] = allocate_here(500);
    for (int i = 0; i < 2; i++)
        count[i] = heapline_get_block_traceback(block[i], address[i], 64, NULL);
    struct heapline_snapshot *s = take_snapshot(0);
    heapline_stop();
    ck_assert_int_eq(count[0], count[1]);
    ck_assert_mem_eq(address[0], address[1], (size_t)count[0] * sizeof address[0][0]);
    ck_assert_uint_eq(trace_of(s, 1000)->current.count, 2);
    heapline_snapshot_free(s);
    free(block[0]);
    free(block[1]);
}
END_TEST

START_TEST(a_traceback_is_cut_to_the_callers_room) {
    uintptr_t address[3] = {1, 1, 1};
    int total[5], count[5];
    heapline_start(1, NULL);
    char *block = allocate_here(100);
    count[0] = heapline_get_block_traceback(block, address, 2, &total[0]);
    count[1] = heapline_get_block_traceback(block, address, 0, &total[1]);
    count[2] = heapline_get_block_traceback(block, address, -1, &total[2]);
    count[3] = heapline_get_block_traceback(block, NULL, 3, &total[3]);
    count[4] = heapline_get_traceback(HEAPLINE_DOMAIN_MALLOC, (uintptr_t)block, address, 2, NULL);
    int inside = heapline_get_block_traceback(block + 8, address, 2, NULL);
    int beyond = heapline_get_block_traceback(block + 16, address, 2, NULL);
    int null = heapline_get_block_traceback(NULL, address, 2, NULL);
    int nowhere = heapline_get_traceback(0, UINTPTR_MAX, address, 2, NULL);
    int elsewhere = heapline_get_traceback(1, (uintptr_t)block, address, 2, NULL);
    heapline_stop();
    static const int expected[5] = {2, 0, 0, 0, 2};
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(count[i], expected[i]);
    for (int i = 1; i < 4; i++)
        ck_assert_int_eq(total[i], total[0]);
    ck_assert_uint_eq(address[2], 1);
    ck_assert_int_eq(inside + beyond + null + nowhere + elsewhere, 0);
    free(block);
}
END_TEST

START_TEST(t15_track_and_untrack) {
    struct heapline_totals t;
    heapline_start(1, NULL);
    int r = heapline_track(3, 100, 10);
    r |= heapline_track(3, 100, 25); /* replaces it */
    heapline_get_totals(3, &t);
    r |= heapline_untrack(3, 100);
    r |= heapline_untrack(3, 100); /* again: nothing */
    r |= heapline_untrack(4, 100);
    struct memory seen = memory_now();
    struct heapline_totals after;
    heapline_get_totals(3, &after);
    heapline_stop();
    ck_assert_int_eq(r, 0);
    ck_assert_count(t.current, 25, 1);
    ck_assert_count(t.total, 35, 2);
    ck_assert_uint_eq(t.frees, 1);
    ck_assert_uint_eq(after.frees, 2);
    assert_memory(&seen, &(struct memory){0, 25}, 1);
    ck_assert_int_eq(heapline_track(3, 100, 10), HEAPLINE_OFF);
    ck_assert_int_eq(heapline_untrack(3, 100), HEAPLINE_OFF);
}
END_TEST

/* Any number names a block, in any domain; the same number is another block in each. */
START_TEST(domains_are_independent) {
    static const unsigned domains[] = {1, 2, HEAPLINE_DOMAIN_OBJECTS, UINT32_MAX};
    static const uintptr_t blocks[] = {0, 1, UINTPTR_MAX, (uintptr_t)1 << 47};
    enum { COUNT = 4 };
    struct heapline_totals all, each[COUNT], none;
    int frames = 0;
    heapline_start(1, NULL);
    for (unsigned i = 0; i < COUNT; i++)
        for (unsigned j = 0; j < COUNT; j++)
            heapline_track(domains[i], blocks[j], 10 * (i + 1));
    heapline_untrack(2, 1);
    for (unsigned i = 0; i < COUNT; i++)
        heapline_get_totals(domains[i], &each[i]);
    heapline_get_totals(7, &none);
    heapline_get_all_totals(&all);
    heapline_get_traceback(UINT32_MAX, 0, NULL, 0, &frames);
    heapline_stop();
    ck_assert_count(each[0].current, 40, 4);
    ck_assert_count(each[1].current, 60, 3);
    ck_assert_count(each[2].current, 120, 4);
    ck_assert_count(each[3].current, 160, 4);
    ck_assert_count(none.total, 0, 0);
    ck_assert_count(all.current, 380, 15);
    ck_assert_int_gt(frames, 0);
}
END_TEST

/* A pool's chunk comes from malloc; its parts are counted in its place. */
START_TEST(parts_of_a_block_of_malloc) {
    static const struct memory expected[] = {{1000, 1000}, {0, 1000}, {70, 1000}, {40, 1000},
                                             {40, 1000},   {0, 1000}, {0, 1000}};
    struct memory seen[7];
    heapline_start(1, NULL);
    char *chunk = malloc(1000);
    uintptr_t at = (uintptr_t)chunk;
    seen[0] = memory_now();
    heapline_untrack(0, at);
    seen[1] = memory_now();
    heapline_track(0, at, 30);
    heapline_track(0, at + 30, 40);
    seen[2] = memory_now();
    int frames = 0;
    heapline_get_block_traceback(chunk + 30, NULL, 0, &frames);
    heapline_untrack(0, at);
    seen[3] = memory_now();
    heapline_untrack(0, at); /* twice is nothing */
    seen[4] = memory_now();
    heapline_untrack(0, at + 30);
    seen[5] = memory_now();
    free(chunk);
    seen[6] = memory_now();
    heapline_stop();
    assert_memory(seen, expected, 7);
    ck_assert_int_gt(frames, 0);
}
END_TEST

START_TEST(a_block_of_malloc_is_tracked_anew) {
    static const struct memory expected[] = {{1000, 1000}, {60, 1000}, {0, 1000}};
    struct memory seen[3];
    heapline_start(1, NULL);
    void *block = malloc(1000);
    seen[0] = memory_now();
    heapline_track(HEAPLINE_DOMAIN_MALLOC, (uintptr_t)block, 60);
    seen[1] = memory_now();
    free(block);
    seen[2] = memory_now();
    heapline_stop();
    assert_memory(seen, expected, 3);
}
END_TEST

START_TEST(huge_sizes) {
    uint64_t size = UINT64_C(1) << 40;
    struct memory seen[2];
    heapline_start(1, NULL);
    heapline_track(1, 1, size);
    seen[0] = memory_now();
    heapline_untrack(1, 1);
    seen[1] = memory_now();
    heapline_stop();
    assert_memory(seen, (struct memory[]){{size, size}, {0, size}}, 2);
}
END_TEST

START_TEST(types) {
    struct heapline_totals totals;
    heapline_start(2, NULL);
    int node = heapline_register_type(3, "node"), edge = heapline_register_type(3, "edge");
    int again = heapline_register_type(3, "node"), other = heapline_register_type(4, "node");
    int r[5] = {heapline_track_typed(3, 1, 111, (unsigned)node),
                heapline_track_typed(3, 2, 222, (unsigned)edge), heapline_track_typed(3, 3, 333, 0),
                heapline_track_typed(4, 4, 444, (unsigned)edge), /* another domain's */
                heapline_track_typed(3, 5, 555, 99)};
    struct heapline_snapshot *s = take_snapshot(0);
    heapline_get_totals(3, &totals);
    heapline_stop();
    ck_assert_int_gt(node, 0);
    ck_assert_int_gt(edge, 0);
    ck_assert_int_ne(node, edge);
    ck_assert_int_eq(node, again);
    ck_assert_int_ne(node, other);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(r[i], i < 3 ? 0 : -1);
    ck_assert_count(totals.current, 666, 3);
    ck_assert_str_eq(trace_of(s, 111)->type, "node");
    ck_assert_str_eq(trace_of(s, 222)->type, "edge");
    ck_assert_ptr_null(trace_of(s, 333)->type);
    heapline_snapshot_free(s);
    heapline_start(1, NULL); /* numbers last */
    ck_assert_int_eq(heapline_register_type(3, "edge"), edge);
    ck_assert_int_eq(heapline_track_typed(3, 2, 22, (unsigned)edge), 0);
    ck_assert_int_eq(heapline_register_type(3, NULL), -1);
}
END_TEST

START_TEST(names_and_labels) {
    struct heapline_error err = {0};
    heapline_start(1, NULL);
    ck_assert_int_eq(heapline_name_domain(8, "slabs"), 0);
    ck_assert_int_eq(heapline_name_domain(8, "pages"), 0);
    ck_assert_int_eq(heapline_name_domain(8, NULL), -1);
    ck_assert_int_eq(heapline_set_label("build", "1.2.3", &err), 0);
    ck_assert_int_eq(heapline_set_label("empty", "", &err), 0);
    ck_assert_int_eq(heapline_set_label("build", "1.2.4", &err), 0);
    ck_assert_int_eq(heapline_set_label(NULL, "x", &err), -1);
    ck_assert_int_eq(err.code, HEAPLINE_BAD_ARGUMENT);
    ck_assert_int_eq(heapline_set_label("x", NULL, NULL), -1);
    heapline_stop();
    ck_assert_int_eq(heapline_set_label("late", "too", NULL), 0);
    heapline_start(1, NULL);
    heapline_track(8, 1, 100);
    struct heapline_snapshot *s = take_snapshot(0);
    heapline_stop();
    ck_assert_str_eq(heapline_snapshot_label(s, "build"), "1.2.4");
    ck_assert_str_eq(heapline_snapshot_label(s, "empty"), "");
    ck_assert_str_eq(heapline_snapshot_label(s, "late"), "too");
    ck_assert_ptr_null(heapline_snapshot_label(s, "x"));
    ck_assert_ptr_nonnull(strstr(statistics_text(s, HEAPLINE_BY_DOMAIN, 0), "pages"));
    heapline_snapshot_free(s);
}
END_TEST

enum { LABELS = 300, CHANGES = 100000, LONGEST = 700 };

/* A text that says what it is. */
static void write_value(char *to, unsigned change) {
    unsigned length = change * 2654435761U % LONGEST;
    for (unsigned i = 0; i < length; i++)
        to[i] = (char)('a' + (change + i) % 26);
    to[length] = '\0';
}

START_TEST(labels_that_change_keep_out_of_each_others_way) {
    static unsigned last[LABELS];
    char name[16], value[LONGEST + 1];
    uint64_t before;
    heapline_start(1, NULL);
    before = heapline_get_tracer_memory();
    for (unsigned i = 1; i <= CHANGES; i++) {
        unsigned at = i * 40503U % LABELS;
        snprintf(name, sizeof name, "label %u", at);
        write_value(value, last[at] = i);
        ck_assert_int_eq(heapline_set_label(name, value, NULL), 0);
    }
    ck_assert_uint_lt(heapline_get_tracer_memory() - before, 4 << 20);
    struct heapline_snapshot *s = take_snapshot(0);
    heapline_stop();
    for (unsigned at = 0; at < LABELS; at++) {
        snprintf(name, sizeof name, "label %u", at);
        write_value(value, last[at]);
        if (last[at] != 0)
            ck_assert_str_eq(heapline_snapshot_label(s, name), value);
    }
    heapline_snapshot_free(s);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("blocks");
    tcase_add_test(tests, t2_the_line_of_a_block);
    tcase_add_test(tests, t3_a_new_block_at_an_old_address);
    tcase_add_test(tests, a_realloc_is_the_new_place);
    tcase_add_loop_test(tests, p56_t4_frames_of_a_snapshot, 0,
                        (int)(sizeof limits / sizeof *limits));
    tcase_add_test(tests, t5_the_traces);
    tcase_add_test(tests, t6_one_path_is_one_trace);
    tcase_add_test(tests, a_traceback_is_cut_to_the_callers_room);
    tcase_add_test(tests, t15_track_and_untrack);
    tcase_add_test(tests, domains_are_independent);
    tcase_add_test(tests, parts_of_a_block_of_malloc);
    tcase_add_test(tests, a_block_of_malloc_is_tracked_anew);
    tcase_add_test(tests, huge_sizes);
    tcase_add_test(tests, types);
    tcase_add_test(tests, names_and_labels);
    tcase_add_test(tests, labels_that_change_keep_out_of_each_others_way);
    return run_suite(suite_of("blocks", tests));
}

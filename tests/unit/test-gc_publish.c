/* Objects of the runtime as the tracer sees them. With both libraries in the process, and what
 * makes lines of addresses. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "heapline.h"
#include "heapline_objects.h"
#include "heapline_snapshot.h"
#include "suite.h"

enum { INT_SIZE = 16, PAIR_SIZE = 24 };

struct pair {
    struct hgc_object head;
    struct hgc_object *a, *b;
};
static const uint16_t fields[] = {offsetof(struct pair, a), offsetof(struct pair, b)};
static struct hgc_runtime *rt;
static struct hgc_type *pair_type;

static void setup(void) {
    ck_assert_int_eq(heapline_start(50, NULL), 0);
    rt = hgc_runtime_new(NULL);
    ck_assert_ptr_nonnull(rt);
    pair_type = hgc_type_new(rt, &(struct hgc_type_spec){.name = "pair",
                                                         .size = sizeof(struct pair),
                                                         .flags = HGC_TYPE_GC,
                                                         .fields = fields,
                                                         .nfields = 2});
    ck_assert_ptr_nonnull(pair_type);
    hgc_disable(rt);
}

static void teardown(void) {
    if (rt)
        hgc_runtime_free(rt);
    rt = NULL;
    heapline_stop();
}

static struct heapline_totals objects(void) {
    struct heapline_totals totals;
    ck_assert_int_eq(heapline_get_totals(HEAPLINE_DOMAIN_OBJECTS, &totals), 0);
    return totals;
}

#define ck_assert_live(blocks_, bytes_)                 \
    do {                                                \
        struct heapline_totals t_ = objects();          \
        ck_assert_uint_eq(t_.current.count, (blocks_)); \
        ck_assert_uint_eq(t_.current.bytes, (bytes_));  \
    } while (0)

static long resident_kib(void) {
    long size, resident;
    FILE *f = fopen("/proc/self/statm", "r");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fscanf(f, "%ld %ld", &size, &resident), 2);
    fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) >> 10);
}

static __attribute__((noinline)) struct pair *make_pair(void) {
    struct pair *p = (struct pair *)hgc_new(rt, pair_type);
    ck_assert_ptr_nonnull(p);
    return p;
}

/* Its first reference is to itself. */
static void drop_cycle(void) {
    struct pair *p = make_pair();
    hgc_assign(&p->a, &p->head);
    hgc_decref(&p->head);
}

START_TEST(a_runtime_of_its_own_is_no_object) {
    ck_assert_live(0, 0);
    hgc_decref(hgc_int_new(rt, 7));
    ck_assert_uint_eq(objects().total.count, 0);
}
END_TEST

START_TEST(births_and_deaths_are_counted) {
    struct hgc_object *o = hgc_int_new(rt, 1000);
    struct pair *p = make_pair();
    ck_assert_live(2, INT_SIZE + PAIR_SIZE);
    hgc_assign(&p->a, o);
    hgc_decref(o);
    ck_assert_live(2, INT_SIZE + PAIR_SIZE);
    hgc_decref(&p->head);
    ck_assert_live(0, 0);
    ck_assert_uint_eq(objects().total.count, 2);
    ck_assert_uint_eq(objects().total.bytes, INT_SIZE + PAIR_SIZE);
    ck_assert_uint_eq(objects().frees, 2);
}
END_TEST

START_TEST(a_collection_is_deaths) {
    for (int i = 0; i < 10; i++)
        drop_cycle();
    ck_assert_live(10, 10 * PAIR_SIZE);
    ck_assert_int_eq(hgc_collect(rt, 0), 10);
    ck_assert_live(0, 0);
}
END_TEST

/* As many as there were objects, and each once. */
START_TEST(collections_in_slices_are_deaths_too) {
    enum { CYCLES = 1000, KEPT_MAX = 20000 };
    static struct pair *cycles[CYCLES], *kept[KEPT_MAX];
    struct hgc_stats stats[3];
    int count = 0;
    for (int i = 0; i < CYCLES; i++) {
        cycles[i] = make_pair();
        hgc_assign(&cycles[i]->a, &cycles[i]->head);
    }
    hgc_collect(rt, 2);
    for (int i = 0; i < CYCLES; i++)
        hgc_decref(&cycles[i]->head);
    hgc_set_threshold(rt, (int[]){50, 0, 0}, 3);
    hgc_set_pause(rt, 1);
    hgc_enable(rt);
    do {
        ck_assert_int_lt(count, KEPT_MAX);
        kept[count++] = make_pair();
        hgc_get_stats(rt, stats);
    } while (stats[2].collected == 0);
    hgc_disable(rt);
    ck_assert_uint_eq(stats[2].collected, CYCLES);
    ck_assert_live((unsigned)count, (unsigned)count * PAIR_SIZE);
    while (count)
        hgc_decref(&kept[--count]->head);
    ck_assert_live(0, 0);
}
END_TEST

/* Storage grows and shrinks without events of its own, and counts for the peak. */
START_TEST(storage_is_part_of_its_object) {
    struct hgc_object *list = hgc_list_new(rt, NULL, 0), *none = hgc_none(rt);
    uint64_t empty = objects().current.bytes, most;
    for (int i = 0; i < 10000; i++)
        ck_assert_int_eq(hgc_list_append(list, none), 0);
    most = objects().current.bytes;
    ck_assert_uint_ge(most, empty + 10000 * sizeof(void *));
    ck_assert_uint_eq(objects().total.count, 1);
    ck_assert_int_eq(hgc_clear(list), 0);
    ck_assert_live(1, empty);
    ck_assert_uint_eq(objects().peak.bytes, most);
    hgc_decref(list);
    ck_assert_live(0, 0);
}
END_TEST

/* Also of their types, whose names may be long, and of what classes keep beside them. */
START_TEST(the_end_of_a_runtime_is_the_end_of_its_classes) {
    enum { LONG_NAME = 1 << 20, ROUNDS = 16 };
    struct hgc_runtime *outer = rt;
    char *name = malloc(LONG_NAME);
    ck_assert_ptr_nonnull(name);
    memset(name, 'n', LONG_NAME - 1);
    name[LONG_NAME - 1] = 0;
    long before = resident_kib();
    for (int i = 0; i < ROUNDS; i++) {
        rt = hgc_runtime_new(NULL);
        ck_assert_ptr_nonnull(hgc_type_new(rt, &(struct hgc_type_spec){name, 16, .flags = 0}));
        struct hgc_object *cls = hgc_class_new(rt, "kept", NULL, NULL, 0, NULL);
        struct hgc_object *o = hgc_instance_new(cls);
        ck_assert_int_eq(hgc_attr_set(o, "name", hgc_none(rt)), 0);
        ck_assert_uint_gt(objects().current.bytes, 0);
        ck_assert_int_gt(hgc_runtime_free(rt), 0);
        ck_assert_live(0, 0);
    }
    ck_assert_int_lt(resident_kib() - before, ROUNDS / 2 * (LONG_NAME >> 10));
    free(name);
    rt = outer;
}
END_TEST

START_TEST(the_end_of_a_runtime_is_the_end_of_its_objects) {
    struct hgc_object *list = hgc_list_new(rt, NULL, 0);
    for (int i = 0; i < 100; i++) {
        struct hgc_object *o = hgc_int_new(rt, 1000 + i);
        ck_assert_int_eq(hgc_list_append(list, o), 0);
        hgc_decref(o);
    }
    hgc_list_new(rt, &list, 1);
    hgc_str_new(rt, "a longer text", 13);
    drop_cycle();
    ck_assert_int_gt(hgc_runtime_free(rt), 0);
    rt = NULL;
    ck_assert_live(0, 0);
}
END_TEST

static uintptr_t innermost(const struct hgc_object *o, int *total) {
    uintptr_t address[200];
    int count = hgc_get_object_traceback(o, address, 200, total);
    ck_assert_int_eq(count, *total);
    return count ? address[0] : 0;
}

START_TEST(the_call_path_begins_with_the_caller) {
    int total, one;
    struct pair *p = make_pair();
    uintptr_t at = innermost(&p->head, &total), first[1];
    ck_assert_uint_ge(at, (uintptr_t)make_pair);
    ck_assert_uint_lt(at, (uintptr_t)make_pair + 200);
    ck_assert_int_gt(total, 3);
    ck_assert_int_eq(hgc_get_object_traceback(&p->head, first, 1, &one), 1);
    ck_assert_uint_eq(first[0], at);
    ck_assert_int_eq(one, total);
    ck_assert_int_eq(hgc_get_object_traceback(&p->head, NULL, 0, NULL), 0);
    ck_assert_int_eq(hgc_get_object_traceback(hgc_none(rt), first, 1, &one), 0);
    ck_assert_int_eq(one, 0);
    hgc_decref(&p->head);
}
END_TEST

START_TEST(clearing_forgets_objects) {
    int total;
    struct pair *p = make_pair();
    heapline_clear_traces();
    ck_assert_live(0, 0);
    ck_assert_uint_eq(innermost(&p->head, &total), 0);
    struct pair *q = make_pair();
    hgc_decref(&p->head);
    ck_assert_live(1, PAIR_SIZE);
    hgc_decref(&q->head);
    ck_assert_live(0, 0);
}
END_TEST

/* What was made while tracing was off is unknown for ever, also in slots of traced objects. */
START_TEST(tracing_may_stop_and_start) {
    struct pair *before = make_pair(), *off, *after;
    hgc_decref(&before->head);
    before = make_pair();
    heapline_stop();
    hgc_decref(&before->head);
    off = make_pair();
    ck_assert_int_eq(heapline_start(50, NULL), 0);
    after = make_pair();
    ck_assert_live(1, PAIR_SIZE);
    hgc_decref(&off->head);
    ck_assert_live(1, PAIR_SIZE);
    hgc_decref(&after->head);
    ck_assert_live(0, 0);
}
END_TEST

START_TEST(a_paused_thread_makes_no_objects) {
    heapline_pause_thread();
    struct pair *p = make_pair();
    heapline_resume_thread();
    ck_assert_uint_eq(objects().total.count, 0);
    hgc_decref(&p->head);
    ck_assert_live(0, 0);
}
END_TEST

static const struct heapline_row *row_of(struct heapline_rows *rows, const char *name) {
    const struct heapline_row *row;
    for (size_t i = 0, count = heapline_rows_get(rows, &row); i < count; i++, row++)
        if (row->name && !strcmp(row->name, name))
            return row;
    ck_abort_msg("no row %s", name);
}

START_TEST(rows_are_types_and_lines) {
    struct heapline_error err;
    struct hgc_object *kept[5];
    for (int i = 0; i < 5; i++)
        kept[i] = &make_pair()->head;
    struct hgc_object *number = hgc_int_new(rt, 1 << 20);
    struct heapline_snapshot *s = heapline_take_snapshot(0, &err);
    ck_assert_msg(s != NULL, "%s", err.message);
    struct heapline_rows *types = heapline_snapshot_statistics(s, HEAPLINE_BY_TYPE, 0, &err);
    ck_assert_uint_eq(row_of(types, "pair")->count, 5);
    ck_assert_uint_eq(row_of(types, "pair")->size, 5 * PAIR_SIZE);
    ck_assert_uint_eq(row_of(types, "int")->count, 1);
    heapline_rows_free(types);
    const struct heapline_trace *trace;
    size_t left = heapline_snapshot_traces(s, &trace), seen = 0;
    for (; left--; trace++)
        if (trace->type && !strcmp(trace->type, "pair")) {
            const struct heapline_traceback *t = &trace->traceback;
            ck_assert_str_eq(t->frames[t->nframe - 1].function, "make_pair");
            ck_assert_uint_eq(trace->domain, HEAPLINE_DOMAIN_OBJECTS);
            seen += trace->current.count;
        }
    ck_assert_uint_eq(seen, 5);
    heapline_snapshot_free(s);
    for (int i = 0; i < 5; i++)
        hgc_decref(kept[i]);
    hgc_decref(number);
}
END_TEST

/* Nothing of the runtime passes through malloc. */
START_TEST(objects_are_no_blocks_of_malloc) {
    struct heapline_totals before, after;
    struct hgc_object *kept[200];
    heapline_get_totals(HEAPLINE_DOMAIN_MALLOC, &before);
    for (int i = 0; i < 200; i++)
        kept[i] = hgc_str_new(rt, "a text of some length, and no other", 35);
    for (int i = 0; i < 200; i++)
        hgc_decref(kept[i]);
    heapline_get_totals(HEAPLINE_DOMAIN_MALLOC, &after);
    ck_assert_uint_eq(before.total.count, after.total.count);
    ck_assert_uint_eq(objects().total.count, 200);
}
END_TEST

static const char *debug_text(void (*work)(void)) {
    static char text[4096];
    int ends[2], saved = dup(2);
    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[1], 2);
    work();
    dup2(saved, 2);
    close(saved);
    close(ends[1]);
    ssize_t size = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    ck_assert_int_gt(size, 0);
    text[size] = 0;
    return text;
}

static void collect_with_lines(void) {
    drop_cycle();
    hgc_set_debug(rt, HGC_DEBUG_COLLECTABLE);
    hgc_collect(rt, 2);
    hgc_set_debug(rt, 0);
}

START_TEST(debug_lines_say_where_objects_were_made) {
    const char *text = debug_text(collect_with_lines), *line = strstr(text, "> made at ");
    ck_assert_msg(line && strstr(line, "test-gc_publish.c:"), "%s", text);
    ck_assert_msg(!strncmp(text, "gc: collectable <pair 0x", 24), "%s", text);
}
END_TEST

enum { THREADS = 4, ROUNDS = 20000 };

static void *work(void *result) {
    struct hgc_runtime *own = hgc_runtime_new(NULL);
    struct hgc_object *list = hgc_list_new(own, NULL, 0);
    for (int i = 0; i < ROUNDS; i++) {
        struct hgc_object *o = hgc_int_new(own, 1000 + i);
        if (i % 100 == 0)
            hgc_list_append(list, o);
        hgc_decref(o);
    }
    hgc_runtime_free(own);
    return result;
}

START_TEST(runtimes_of_several_threads_add_up) {
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_live(0, 0);
    ck_assert_uint_eq(objects().total.count, THREADS * (ROUNDS + 1));
}
END_TEST

/* A child goes on with its parent's objects. */
START_TEST(a_forked_child_counts_on) {
    int status;
    struct pair *p = make_pair(), *q = make_pair();
    pid_t child = fork();
    if (child == 0) {
        int as_expected = objects().current.count == 2;
        hgc_decref(&p->head);
        as_expected &= objects().current.count == 1;
        _exit(as_expected ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_live(2, 2 * PAIR_SIZE);
    hgc_decref(&p->head);
    hgc_decref(&q->head);
}
END_TEST

/* Which is known by a page that such a child finds wiped. Old kernels refuse to wipe it, and qemu
 * agrees and does nothing. */
static int can_tell_bare_forks(void) {
    int status = -1;
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    char *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED || madvise(page, size, MADV_WIPEONFORK) != 0)
        return 0;
    *page = 1;
    pid_t child = fork();
    if (child == 0)
        _exit(*page);
    int waited = waitpid(child, &status, 0) == child;
    munmap(page, size);
    return waited && status == 0;
}

static int counts_from_nothing(struct hgc_object *older) {
    struct heapline_totals own;
    int as_expected = objects().current.count == 0;
    heapline_get_totals(7, &own);
    as_expected &= own.current.count == 1 && own.current.bytes == 100;
    struct pair *p = make_pair();
    as_expected &= objects().current.count == 1;
    hgc_decref(older);
    as_expected &= objects().current.bytes == PAIR_SIZE;
    hgc_decref(&p->head);
    heapline_untrack(7, 1);
    heapline_get_totals(7, &own);
    return as_expected && objects().current.bytes == 0 && own.current.bytes == 0;
}

/* It knows nothing of the objects that there are, and does not count their deaths. */
START_TEST(a_bare_fork_s_child_begins_without_objects) {
    struct pair *p = make_pair();
    int status = -1;
    ck_assert_int_eq(heapline_track(7, 1, 100), 0);
    long child = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
    if (child == 0)
        _exit(counts_from_nothing(&p->head) ? 0 : 1);
    ck_assert_int_eq(waitpid((pid_t)child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_live(1, PAIR_SIZE);
    hgc_decref(&p->head);
    heapline_untrack(7, 1);
}
END_TEST

/* Check allocates in the scope, too. */
START_TEST(scopes_know_objects) {
    struct heapline_scope *scope = heapline_scope_begin(0, NULL);
    struct heapline_scope_block blocks[50];
    struct pair *kept = make_pair();
    hgc_decref(&make_pair()->head);
    size_t left = heapline_scope_kept(scope, blocks, 50), found = 0;
    ck_assert_int_eq(heapline_scope_end(scope, NULL), 0);
    ck_assert_uint_le(left, 50);
    while (left--)
        if (blocks[left].domain == HEAPLINE_DOMAIN_OBJECTS) {
            ck_assert_uint_eq(blocks[left].block, (uintptr_t)kept);
            ck_assert_uint_eq(blocks[left].size, PAIR_SIZE);
            found++;
        }
    ck_assert_uint_eq(found, 1);
    hgc_decref(&kept->head);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("gc publish");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_runtime_of_its_own_is_no_object);
    tcase_add_test(tests, births_and_deaths_are_counted);
    tcase_add_test(tests, a_collection_is_deaths);
    tcase_add_test(tests, collections_in_slices_are_deaths_too);
    tcase_add_test(tests, storage_is_part_of_its_object);
    tcase_add_test(tests, the_end_of_a_runtime_is_the_end_of_its_objects);
    tcase_add_test(tests, the_end_of_a_runtime_is_the_end_of_its_classes);
    tcase_add_test(tests, the_call_path_begins_with_the_caller);
    tcase_add_test(tests, clearing_forgets_objects);
    tcase_add_test(tests, tracing_may_stop_and_start);
    tcase_add_test(tests, a_paused_thread_makes_no_objects);
    tcase_add_test(tests, rows_are_types_and_lines);
    tcase_add_test(tests, objects_are_no_blocks_of_malloc);
    tcase_add_test(tests, debug_lines_say_where_objects_were_made);
    tcase_add_test(tests, runtimes_of_several_threads_add_up);
    tcase_add_test(tests, a_forked_child_counts_on);
    if (can_tell_bare_forks())
        tcase_add_test(tests, a_bare_fork_s_child_begins_without_objects);
    else
        puts("# skipped: a bare fork's child begins without objects: MADV_WIPEONFORK does nothing");
    tcase_add_test(tests, scopes_know_objects);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

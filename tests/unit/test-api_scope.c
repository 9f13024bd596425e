/* Scopes: what is allocated between two points, and what of it is still there. */
#include <pthread.h>
#include "api_fixture.h"

static struct heapline_scope *begin(int whole_process) {
    struct heapline_error err;
    struct heapline_scope *scope = heapline_scope_begin(whole_process, &err);
    heapline_pause_thread();
    ck_assert_msg(scope != NULL, "%s", err.message);
    heapline_resume_thread();
    return scope;
}

START_TEST(allocated_freed_kept_and_peak) {
    struct heapline_scope_result r;
    heapline_start(1, NULL);
    void *before = malloc(5000);
    struct heapline_scope *scope = begin(0);
    void *kept = malloc(100), *freed = malloc(50);
    free(freed);
    free(before); /* not the scope's */
    freed = malloc(20);
    free(freed);
    int ended = heapline_scope_end(scope, &r);
    void *after = malloc(1);
    heapline_stop();
    ck_assert_int_eq(ended, 0);
    ck_assert_count(r.allocated, 170, 3);
    ck_assert_count(r.freed, 70, 2);
    ck_assert_count(r.kept, 100, 1);
    ck_assert_count(r.peak, 150, 2);
    free(kept);
    free(after);
}
END_TEST

START_TEST(a_realloc_frees_and_allocates) {
    struct heapline_scope_result r;
    volatile size_t too_much = PTRDIFF_MAX;
    heapline_start(1, NULL);
    void *older = malloc(5);
    struct heapline_scope *scope = begin(0);
    void *block = malloc(100000);
    block = realloc(block, 200000);
    older = realloc(older, 10); /* only its allocation is the scope's */
    void *failed = realloc(block, too_much);
    heapline_scope_end(scope, &r);
    heapline_stop();
    ck_assert_ptr_null(failed);
    ck_assert_count(r.allocated, 300010, 3);
    ck_assert_count(r.freed, 100000, 1);
    ck_assert_count(r.kept, 200010, 2);
    ck_assert_count(r.peak, 200010, 2);
    free(block);
    free(older);
}
END_TEST

START_TEST(scopes_nest) {
    struct heapline_scope_result inner, outer;
    heapline_start(1, NULL);
    struct heapline_scope *first = begin(0);
    void *early = malloc(100);
    struct heapline_scope *second = begin(0);
    void *block = malloc(10);
    free(early); /* the outer's alone */
    heapline_scope_end(second, &inner);
    free(block);
    heapline_scope_end(first, &outer);
    heapline_stop();
    ck_assert_count(inner.allocated, 10, 1);
    ck_assert_count(inner.freed, 0, 0);
    ck_assert_count(inner.kept, 10, 1);
    ck_assert_count(outer.allocated, 110, 2);
    ck_assert_count(outer.freed, 110, 2);
    ck_assert_count(outer.kept, 0, 0);
    ck_assert_count(outer.peak, 110, 2);
}
END_TEST

START_TEST(scopes_may_end_in_any_order) {
    struct heapline_scope_result first, second, third;
    heapline_start(1, NULL);
    struct heapline_scope *a = begin(0), *b = begin(1), *c = begin(0);
    heapline_track(1, 1, 10);
    heapline_scope_end(b, &second);
    heapline_track(1, 2, 20);
    heapline_scope_end(a, &first);
    heapline_track(1, 3, 30);
    heapline_scope_end(c, &third);
    heapline_stop();
    ck_assert_count(second.allocated, 10, 1);
    ck_assert_count(first.allocated, 30, 2);
    ck_assert_count(third.allocated, 60, 3);
}
END_TEST

static void allocate(void *block) {
    *(void **)block = malloc(1000);
}

START_TEST(of_a_thread_or_of_all) {
    struct heapline_scope_result own, all;
    struct helper helper;
    void *theirs, *mine;
    helper_begin(&helper, allocate, &theirs);
    heapline_start(1, NULL);
    struct heapline_scope *thread = begin(0), *process = begin(1);
    helper_act(&helper);
    mine = malloc(1);
    heapline_scope_end(thread, &own);
    heapline_scope_end(process, &all);
    heapline_stop();
    helper_end(&helper);
    ck_assert_count(own.allocated, 1, 1);
    ck_assert_count(all.allocated, 1001, 2);
    free(theirs);
    free(mine);
}
END_TEST

static void release(void *block) {
    free(*(void **)block);
}

START_TEST(freed_by_another_thread) {
    struct heapline_scope_result r;
    struct helper helper;
    void *block;
    helper_begin(&helper, release, &block);
    heapline_start(1, NULL);
    struct heapline_scope *scope = begin(0);
    block = malloc(64);
    helper_act(&helper);
    heapline_scope_end(scope, &r);
    heapline_stop();
    helper_end(&helper);
    ck_assert_count(r.freed, 64, 1);
    ck_assert_count(r.kept, 0, 0);
}
END_TEST

static void end_scope(void *scope) {
    struct heapline_scope_result r;
    heapline_scope_end(*(struct heapline_scope **)scope, &r);
    *(uint64_t *)scope = r.kept.bytes;
}

START_TEST(ended_by_another_thread) {
    struct helper helper;
    union {
        struct heapline_scope *scope;
        uint64_t kept;
    } u;
    helper_begin(&helper, end_scope, &u);
    heapline_start(1, NULL);
    u.scope = begin(0);
    void *block = malloc(64);
    helper_act(&helper);
    heapline_stop();
    helper_end(&helper);
    ck_assert_uint_eq(u.kept, 64);
    free(block);
}
END_TEST

START_TEST(the_blocks_that_are_kept) {
    struct heapline_scope_block kept[4] = {{0, 0, 0}}, some[1] = {{0, 0, 0}};
    heapline_start(1, NULL);
    struct heapline_scope *scope = begin(0);
    void *block = malloc(100), *gone = malloc(70);
    heapline_track(6, 42, 1000);
    free(gone);
    size_t count = heapline_scope_kept(scope, kept, 4);
    size_t none_wanted = heapline_scope_kept(scope, NULL, 4);
    size_t one_wanted = heapline_scope_kept(scope, some, 1);
    heapline_scope_end(scope, NULL);
    heapline_stop();
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(none_wanted, 2);
    ck_assert_uint_eq(one_wanted, 2);
    int at = kept[0].domain == 6;
    ck_assert_uint_eq(kept[at].block, (uintptr_t)block);
    ck_assert_uint_eq(kept[at].size, 100);
    ck_assert_uint_eq(kept[at].domain, HEAPLINE_DOMAIN_MALLOC);
    ck_assert_uint_eq(kept[!at].block, 42);
    ck_assert_uint_eq(kept[!at].size, 1000);
    ck_assert_uint_eq(kept[!at].domain, 6);
    ck_assert_uint_eq(kept[2].size, 0);
    ck_assert_uint_ne(some[0].size, 0);
    free(block);
}
END_TEST

START_TEST(many_blocks) {
    enum { BLOCKS = 100000 };
    static struct heapline_scope_block kept[BLOCKS];
    struct heapline_scope_result r;
    heapline_start(1, NULL);
    struct heapline_scope *scope = begin(0);
    for (uintptr_t i = 0; i < BLOCKS; i++)
        heapline_track(1, i * 8, 1);
    for (uintptr_t i = 0; i < BLOCKS; i += 2)
        heapline_untrack(1, i * 8);
    size_t count = heapline_scope_kept(scope, kept, BLOCKS);
    heapline_scope_end(scope, &r);
    heapline_stop();
    ck_assert_uint_eq(count, BLOCKS / 2);
    for (size_t i = 0; i < count; i++)
        ck_assert_uint_eq(kept[i].block % 16, 8);
    ck_assert_count(r.allocated, BLOCKS, BLOCKS);
    ck_assert_count(r.freed, BLOCKS / 2, BLOCKS / 2);
    ck_assert_count(r.kept, BLOCKS / 2, BLOCKS / 2);
    ck_assert_count(r.peak, BLOCKS, BLOCKS);
}
END_TEST

START_TEST(what_becomes_unknown_is_neither_freed_nor_kept) {
    struct heapline_scope_result cleared, stopped;
    heapline_start(1, NULL);
    struct heapline_scope *first = begin(0);
    void *block = malloc(100);
    heapline_clear_traces();
    free(block);
    void *later = malloc(7);
    size_t kept = heapline_scope_kept(first, NULL, 0);
    heapline_scope_end(first, &cleared);
    struct heapline_scope *second = begin(0);
    void *other = malloc(30);
    heapline_stop();
    free(other);
    int ended = heapline_scope_end(second, &stopped);
    ck_assert_uint_eq(kept, 1);
    ck_assert_count(cleared.allocated, 107, 2);
    ck_assert_count(cleared.freed, 0, 0);
    ck_assert_count(cleared.kept, 7, 1);
    ck_assert_int_eq(ended, 0);
    ck_assert_count(stopped.allocated, 30, 1);
    ck_assert_count(stopped.freed, 0, 0);
    ck_assert_count(stopped.kept, 0, 0);
    free(later);
}
END_TEST

START_TEST(a_paused_thread_only_frees) {
    struct heapline_scope_result r;
    heapline_start(1, NULL);
    struct heapline_scope *scope = begin(0);
    void *block = malloc(100);
    heapline_pause_thread();
    void *unseen = malloc(9);
    free(block);
    struct heapline_scope *inner = heapline_scope_begin(0, NULL);
    int ended = heapline_scope_end(inner, NULL);
    heapline_resume_thread();
    free(unseen);
    heapline_scope_end(scope, &r);
    heapline_stop();
    ck_assert_int_eq(ended, 0);
    ck_assert_count(r.allocated, 100, 1);
    ck_assert_count(r.freed, 100, 1);
}
END_TEST

START_TEST(scopes_that_are_not_open) {
    struct heapline_scope_block block;
    struct heapline_scope_result r = {.kept = {1, 2}};
    int nothing = 0;
    ck_assert_int_eq(heapline_scope_end(NULL, &r), -1);
    ck_assert_uint_eq(heapline_scope_kept(NULL, &block, 1), 0);
    heapline_start(1, NULL);
    struct heapline_scope *scope = begin(0);
    ck_assert_int_eq(heapline_scope_end(scope, NULL), 0);
    ck_assert_int_eq(heapline_scope_end(scope, &r), -1);
    ck_assert_uint_eq(heapline_scope_kept(scope, &block, 1), 0);
    ck_assert_int_eq(heapline_scope_end((struct heapline_scope *)(void *)&nothing, &r), -1);
    ck_assert_count(r.kept, 1, 2);
}
END_TEST

static void *begin_and_end(void *at) {
    *(struct heapline_scope **)at = begin(0);
    free(malloc(10));
    return NULL;
}

static void *allocate_only(void *unused) {
    free(malloc(1000));
    return unused;
}

START_TEST(a_thread_does_not_inherit_the_scopes_of_one_that_has_ended) {
    struct heapline_scope_result r;
    struct heapline_scope *scope;
    pthread_t thread;
    heapline_start(1, NULL);
    pthread_create(&thread, NULL, begin_and_end, &scope);
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, allocate_only, NULL);
    pthread_join(thread, NULL);
    ck_assert_int_eq(heapline_scope_end(scope, &r), 0);
    ck_assert_count(r.allocated, 10, 1);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("scopes");
    tcase_add_test(tests, allocated_freed_kept_and_peak);
    tcase_add_test(tests, a_realloc_frees_and_allocates);
    tcase_add_test(tests, scopes_nest);
    tcase_add_test(tests, scopes_may_end_in_any_order);
    tcase_add_test(tests, of_a_thread_or_of_all);
    tcase_add_test(tests, freed_by_another_thread);
    tcase_add_test(tests, ended_by_another_thread);
    tcase_add_test(tests, the_blocks_that_are_kept);
    tcase_add_test(tests, many_blocks);
    tcase_add_test(tests, what_becomes_unknown_is_neither_freed_nor_kept);
    tcase_add_test(tests, a_paused_thread_only_frees);
    tcase_add_test(tests, scopes_that_are_not_open);
    tcase_add_test(tests, a_thread_does_not_inherit_the_scopes_of_one_that_has_ended);
    return run_suite(suite_of("scopes", tests));
}

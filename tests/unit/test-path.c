#include <check.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include "single_step.h"
#include "suite.h"
#include "tracer/store.h"
#include "unwind/check.h"

enum { SHALLOW = 10, DEEP = 1500 /* frames: more than there is room for at first */ };

static struct unwind_thread left, whole;

static void start_anew(struct unwind_thread *t) {
    ck_assert_int_eq(unwind_thread_init(t), 0);
}

/* Both see the same path. */
static __attribute__((noinline)) void compare(void) {
    const struct unwind_start *start = UNWIND_START_HERE();
    unwind_walk(&left, start);
    unwind_walk(&whole, start);
    ck_assert_int_eq(left.path.truncated, 0);
    ck_assert_uint_eq(left.path.depth, whole.path.depth);
    for (uint32_t i = 0; i < whole.path.depth; i++) {
        ck_assert_uint_eq(left.path.frame[i].ip_module, whole.path.frame[i].ip_module);
        ck_assert_uint_eq(left.path.frame[i].sp, whole.path.frame[i].sp);
    }
}

static __attribute__((noinline)) uint32_t compare_below(int frames) {
    volatile uint32_t depth = left.path.depth;
    if (frames > 0)
        depth = compare_below(frames - 1);
    else
        compare();
    return depth + left.path.depth;
}

/* By one of two ways at each level. */
static __attribute__((noinline)) uint32_t go_down(unsigned ways, int levels) {
    volatile uint32_t sum = 0;
    if (levels == 0)
        compare();
    else if (ways & 1)
        sum += 1 + go_down(ways * 1103515245 + 12345, levels - 1);
    else
        sum += 2 + go_down((ways >> 1) * 69069 + 1, levels - 1); /* other code: no shared call */
    return sum + left.path.depth;
}

static __attribute__((noinline)) void go_down_often_below(int frames) {
    volatile int i = 0;
    if (frames > 0) {
        go_down_often_below(frames - 1);
        i = 1;
    }
    for (; frames == 0 && i < 20; i++) {
        start_anew(&whole);
        go_down((unsigned)i * 7919, i * 30);
    }
}

/* Not all slots of so many frames are compared, but the innermost are. */
START_TEST(what_changes_below_very_many_frames_is_seen) {
    store.may_grow = 1;
    ck_assert_int_eq(unwind_load_libunwind(), 0);
    start_anew(&left);
    go_down_often_below(PATH_ALL_SLOTS + 1000);
    ck_assert_uint_gt(left.path.depth, PATH_ALL_SLOTS);
}
END_TEST

static __attribute__((noinline)) void walk_here(void) {
    unwind_walk(&left, UNWIND_START_HERE());
    unwind_start_end();
}

/* As many frames as can be remembered, then more; what is cut then is what others go on from. */
static void check_walk(uint32_t depth) {
    walk_here();
    ck_assert_int_eq(left.path.truncated, 1);
    ck_assert_uint_eq(left.path.depth, depth);
}

static __attribute__((noinline)) void walk_far_below(int frames) {
    volatile int frames_left = frames;
    if (frames == 20)
        check_walk(PATH_DEPTH_MAX);
    if (frames > 0)
        walk_far_below(frames - 1);
    if (frames_left > 0)
        return;
    check_walk(PATH_DEPTH_MAX); /* for the last time: there is no room */
    check_walk(PATH_DEPTH_CUT);
    check_walk(PATH_DEPTH_CUT);
    ck_assert_uint_le(left.path.fresh_count, 2);
}

static void *walk_on_large_stack(void *unused) {
    walk_far_below(PATH_DEPTH_MAX + 5000);
    walk_here();
    ck_assert_int_eq(left.path.truncated, 0);
    return unused;
}

START_TEST(a_path_too_deep_goes_on_from_its_innermost_frames) {
    pthread_attr_t attributes;
    pthread_t thread;
    store.may_grow = 1;
    ck_assert_int_eq(unwind_load_libunwind(), 0);
    start_anew(&left);
    pthread_attr_init(&attributes);
    ck_assert_int_eq(pthread_attr_setstacksize(&attributes, (size_t)1 << 29), 0);
    ck_assert_int_eq(pthread_create(&thread, &attributes, walk_on_large_stack, NULL), 0);
    pthread_join(thread, NULL);
}
END_TEST

static sigjmp_buf out;
static volatile long steps, last_step;

static void step(int signal) {
    (void)signal;
    if (++steps == last_step)
        siglongjmp(out, 1);
}

/* 1 if it was left before its end. */
static int grow_until(long moment) {
    steps = 0;
    last_step = moment;
    if (sigsetjmp(out, 1) != 0)
        return 1;
    single_step_begin();
    path_grow(&left.path);
    single_step_end();
    return 0;
}

/* As a handler does that interrupts an allocation and does not come back. */
START_TEST(growth_may_be_left_at_any_instruction) {
    struct sigaction action = {.sa_handler = step};
    long moment = 0;
    sigaction(SIGTRAP, &action, NULL);
    store.may_grow = 1;
    ck_assert_int_eq(unwind_load_libunwind(), 0);
    start_anew(&whole);
    int was_left;
    do {
        start_anew(&left);
        compare_below(SHALLOW);
        was_left = grow_until(++moment);
        unwind_thread_forget(&left);
        compare_below(SHALLOW);
        compare_below(DEEP);
        ck_assert_uint_gt(left.path.depth, DEEP);
    } while (was_left);
    ck_assert_int_gt(moment, 20);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("path");
    TCase *c = tcase_create("path");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, what_changes_below_very_many_frames_is_seen);
    tcase_add_test(c, a_path_too_deep_goes_on_from_its_innermost_frames);
    if (CAN_SINGLE_STEP)
        tcase_add_test(c, growth_may_be_left_at_any_instruction);
    suite_add_tcase(suite, c);
    return suite_run(suite);
}

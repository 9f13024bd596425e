#include <check.h>
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
        sum += go_down(ways * 1103515245 + 12345, levels - 1);
    else
        sum += go_down((ways >> 1) * 69069 + 1, levels - 1);
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
    if (CAN_SINGLE_STEP)
        tcase_add_test(c, growth_may_be_left_at_any_instruction);
    suite_add_tcase(suite, c);
    return suite_run(suite);
}

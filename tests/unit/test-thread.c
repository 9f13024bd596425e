/* What a thread's state says of an event in progress. */
#include <check.h>
#include <pthread.h>
#include <stdint.h>
#include "base/sys.h"
#include "store_fixture.h"
#include "suite.h"
#include "tracer/thread.h"

enum { STACK = 1 << 20 };

static void setup(void) {
    store_fixture(1);
    thread_init();
    unwind_init();
    ck_assert_int_eq(unwind_load_libunwind(), 0);
}

static int is_refused(void) {
    struct guard guard;
    struct thread *t = thread_enter(&guard);
    if (t != NULL)
        thread_leave(t);
    return t == NULL;
}

/* As a signal handler does that interrupts libunwind. */
static int enter_in_between(void *refused, const struct unwind_registers *frame) {
    (void)frame;
    *(int *)refused = is_refused();
    return 1;
}

/* On a stack that lies just below the one that libunwind runs on. */
static void *walk_below(void *private_stack) {
    struct guard guard;
    struct thread *t = thread_self();
    static int refused;
    t->unwind.private_stack = private_stack;
    ck_assert_ptr_eq(thread_enter(&guard), t);
    ck_assert_int_eq(unwind_libunwind_visit(&t->unwind, enter_in_between, &refused), 1);
    ck_assert_ptr_eq(t->busy, &guard);
    thread_leave(t);
    return &refused;
}

START_TEST(an_event_goes_on_while_libunwind_runs) {
    char *stacks = sys_pages(2 * STACK);
    pthread_attr_t attributes;
    pthread_t thread;
    void *refused;
    pthread_attr_init(&attributes);
    ck_assert_int_eq(pthread_attr_setstack(&attributes, stacks, STACK), 0);
    ck_assert_int_eq(pthread_create(&thread, &attributes, walk_below, stacks + STACK), 0);
    pthread_join(thread, &refused);
    ck_assert_int_eq(*(int *)refused, 1);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("thread");
    TCase *c = tcase_create("thread");
    tcase_add_checked_fixture(c, setup, NULL);
    tcase_add_test(c, an_event_goes_on_while_libunwind_runs);
    suite_add_tcase(suite, c);
    return suite_run(suite);
}

/* The calls marked [S] in handlers that interrupt malloc, free and the library's own calls, in one
 * thread and beside others. */
#include "api_fixture.h"
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

enum { INTERRUPTIONS = 20000, LIMIT = 3, BLOCKS = 64, BIGGEST = 2000, THREADS = 3 };
enum { MOST = (THREADS + 1) * (BLOCKS + 1) * BIGGEST };

static atomic_int interruptions;
static const char *volatile wrong;

static void check(int holds, const char *what) {
    if (!holds)
        wrong = what;
}

static void handle(int signal) {
    uint64_t current, peak;
    (void)signal;
    heapline_get_traced_memory(&current, &peak);
    check(current <= MOST, "current");
    check(peak <= MOST, "peak");
    check(heapline_is_tracing() == 1, "tracing");
    check(heapline_get_traceback_limit() == LIMIT, "limit");
    check(heapline_get_tracer_memory() > 0, "tracer memory");
    check(heapline_version()[0] >= '0', "version");
    atomic_fetch_add(&interruptions, 1);
}

static void *allocate(void *unused) {
    static __thread void *block[BLOCKS];
    struct heapline_totals totals;
    for (unsigned i = 0; interruptions < INTERRUPTIONS; i++) {
        void **b = &block[i * 7 % BLOCKS];
        if (i % 3 == 0) {
            *b = realloc(*b, i % BIGGEST + 1);
        } else {
            free(*b);
            *b = malloc(i * 13 % BIGGEST + 1);
        }
        if (i % 100 == 0)
            heapline_get_totals(0, &totals);
        if (i % 500 == 0)
            heapline_reset_peak();
    }
    for (int i = 0; i < BLOCKS; i++)
        free(block[i]);
    return unused;
}

/* With the timer on, until there were enough. What is live at the end. */
static struct memory interrupt(int threads) {
    const struct itimerval often = {{0, 20}, {0, 20}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    pthread_t thread[THREADS];
    heapline_pause_thread();
    sigaction(SIGALRM, &action, NULL);
    heapline_start(LIMIT, NULL);
    for (int i = 0; i < threads; i++)
        pthread_create(&thread[i], NULL, allocate, NULL);
    heapline_resume_thread();
    setitimer(ITIMER_REAL, &often, NULL);
    allocate(NULL);
    setitimer(ITIMER_REAL, &never, NULL);
    heapline_pause_thread();
    for (int i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    heapline_resume_thread();
    struct memory seen = memory_now();
    heapline_stop();
    return seen;
}

START_TEST(handlers_in_one_thread) {
    struct memory seen = interrupt(0);
    ck_assert_msg(wrong == NULL, "in a handler: %s", wrong);
    ck_assert_int_ge(interruptions, INTERRUPTIONS);
    ck_assert_uint_eq(seen.current, 0);
}
END_TEST

START_TEST(handlers_beside_threads) {
    struct memory seen = interrupt(THREADS);
    ck_assert_msg(wrong == NULL, "in a handler: %s", wrong);
    ck_assert_uint_eq(seen.current, 0);
}
END_TEST

static void handle_while_off(int signal) {
    uint64_t current, peak;
    heapline_get_traced_memory(&current, &peak);
    check(current == 0 && peak == 0 && !heapline_is_tracing(), "off");
    interruptions += signal != 0;
}

START_TEST(handlers_while_off) {
    signal(SIGUSR1, handle_while_off);
    raise(SIGUSR1);
    heapline_start(1, NULL);
    heapline_stop();
    raise(SIGUSR1);
    ck_assert_int_eq(interruptions, 2);
    ck_assert_ptr_null((void *)(uintptr_t)wrong);
}
END_TEST

/* Its first event makes it an arena of its own. */
static const char *child_begins(void) {
    const struct itimerval often = {{0, 20}, {0, 20}}, never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < BLOCKS; i++)
        free(malloc(10));
    setitimer(ITIMER_REAL, &never, NULL);
    REQUIRE(wrong == NULL);
    REQUIRE(memory_now().current <= MOST);
    return NULL;
}

START_TEST(handlers_in_children_that_begin) {
    enum { CHILDREN = 20 };
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    heapline_start(LIMIT, NULL);
    for (int i = 0; i < CHILDREN; i++)
        assert_in_child(child_begins);
    heapline_stop();
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("signals");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, handlers_in_one_thread);
    tcase_add_test(tests, handlers_beside_threads);
    tcase_add_test(tests, handlers_while_off);
    tcase_add_test(tests, handlers_in_children_that_begin);
    return run_suite(suite_of("signals", tests));
}

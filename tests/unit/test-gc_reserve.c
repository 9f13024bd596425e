/* The address space that runtimes share, when a process forks beside threads that take from it. */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "gc_fixture.h"

enum { THREADS = 2, FORKS = 100, CHILD_SECONDS = 10 };

static int ended;

/* Without assertions, which take a lock of their own. */
static void use_a_runtime(void) {
    struct hgc_runtime *mine = hgc_runtime_new(NULL);
    struct hgc_object *l = mine ? hgc_list_new(mine, NULL, 0) : NULL;
    if (!l || hgc_list_append(l, l))
        abort();
    hgc_decref(l);
    if (hgc_collect(mine, 2) != 1 || hgc_runtime_free(mine) != 0)
        abort();
}

/* So many chunks that the lock is held most of the time. */
static void *takes_memory(void *arg) {
    size_t count = gc_reserve.half >> RESERVE_CHUNK_SHIFT >> 5;
    while (!__atomic_load_n(&ended, __ATOMIC_RELAXED)) {
        void *chunks = reserve_take(RESERVE_LEAF, count);
        if (chunks)
            reserve_give(chunks, count);
    }
    return arg;
}

/* If the child waits for a lock that nobody holds any more, its alarm kills it. */
static int status_of_child(void) {
    pid_t child = fork();
    if (!child) {
        signal(SIGALRM, SIG_DFL); /* the test's own time limit has a handler */
        alarm(CHILD_SECONDS);
        use_a_runtime();
        _exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

START_TEST(a_child_makes_a_runtime_whatever_other_threads_are_doing) {
    pthread_t threads[THREADS];
    int status = 0;
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, takes_memory, NULL), 0);
    for (int i = 0; i < FORKS && !status; i++)
        status = status_of_child();
    __atomic_store_n(&ended, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(status, 0);
}
END_TEST

/* What the parent had is the child's too, each its own copy. */
START_TEST(a_child_goes_on_with_the_runtime_of_its_thread) {
    struct node *n = fin(1);
    link_a(n, n);
    drop(n);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (!child)
        _exit(hgc_collect(rt, 2) == 1 && log_count == 1 && hgc_runtime_free(rt) == 0 ? 0 : 1);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_log_empty();
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
    ck_assert_log(1);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, a_child_makes_a_runtime_whatever_other_threads_are_doing);
    tcase_add_test(tests, a_child_goes_on_with_the_runtime_of_its_thread);
}

int main(void) {
    return run_suite("gc reserve", add_tests);
}

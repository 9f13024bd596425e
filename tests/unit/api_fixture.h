/* For the tests of the capture calls: programs that are linked with libheapline, in whose processes
 * tracing starts. Check's assertions allocate: they come when tracing has stopped, or are paused.
 */
#ifndef UNIT_API_FIXTURE_H
#define UNIT_API_FIXTURE_H

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "snapshot_fixture.h"

enum { MB = 1000000 };

struct memory {
    uint64_t current, peak;
};

static inline struct memory memory_now(void) {
    struct memory m;
    heapline_get_traced_memory(&m.current, &m.peak);
    return m;
}

static inline void assert_memory(const struct memory *seen, const struct memory *expected,
                                 size_t count) {
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(seen[i].current == expected[i].current, "current %zu: %zu, not %zu", i,
                      (size_t)seen[i].current, (size_t)expected[i].current);
        ck_assert_msg(seen[i].peak == expected[i].peak, "peak %zu: %zu, not %zu", i,
                      (size_t)seen[i].peak, (size_t)expected[i].peak);
    }
}

#define ck_assert_count(got, wanted_bytes, wanted_count) \
    do {                                                 \
        const struct heapline_count got_ = (got);        \
        ck_assert_uint_eq(got_.bytes, (wanted_bytes));   \
        ck_assert_uint_eq(got_.count, (wanted_count));   \
    } while (0)

static inline struct heapline_snapshot *take_snapshot(int blocks) {
    struct heapline_error err;
    struct heapline_snapshot *s = heapline_take_snapshot(blocks, &err);
    heapline_pause_thread();
    ck_assert_msg(s != NULL, "%s", err.message);
    heapline_resume_thread();
    return s;
}

/* The only trace of so many live bytes. */
static inline const struct heapline_trace *trace_of(const struct heapline_snapshot *s,
                                                    uint64_t bytes) {
    const struct heapline_trace *traces, *found = NULL;
    size_t count = heapline_snapshot_traces(s, &traces);
    for (size_t i = 0; i < count; i++)
        if (traces[i].current.bytes == bytes) {
            ck_assert_ptr_null(found);
            found = &traces[i];
        }
    ck_assert_ptr_nonnull(found);
    return found;
}

static inline const struct heapline_frame *last_frame(const struct heapline_trace *t) {
    return &t->traceback.frames[t->traceback.nframe - 1];
}

/* A thread that waits at a barrier, before tracing starts, to do one thing: to be begun and to end
 * costs memory. */
struct helper {
    pthread_t thread;
    pthread_barrier_t barrier;
    void (*act)(void *);
    void *argument;
};

static inline void *helper_main(void *of) {
    struct helper *h = of;
    pthread_barrier_wait(&h->barrier);
    h->act(h->argument);
    pthread_barrier_wait(&h->barrier);
    pthread_barrier_wait(&h->barrier);
    return NULL;
}

static inline void helper_begin(struct helper *h, void (*act)(void *), void *argument) {
    h->act = act;
    h->argument = argument;
    pthread_barrier_init(&h->barrier, NULL, 2);
    ck_assert_int_eq(pthread_create(&h->thread, NULL, helper_main, h), 0);
}

static inline void helper_act(struct helper *h) {
    pthread_barrier_wait(&h->barrier);
    pthread_barrier_wait(&h->barrier);
}

static inline void helper_end(struct helper *h) {
    pthread_barrier_wait(&h->barrier);
    pthread_join(h->thread, NULL);
    pthread_barrier_destroy(&h->barrier);
}

/* In a forked child: a test returns NULL, or the condition that does not hold. */
#define REQUIRE(condition)     \
    do {                       \
        if (!(condition))      \
            return #condition; \
    } while (0)

static inline const char *in_child(const char *(*test)(void)) {
    const char **said =
        mmap(NULL, sizeof *said, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status;
    *said = "the child comes to its end";
    pid_t pid = fork();
    if (pid == 0) {
        *said = test();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    return *said;
}

#define assert_in_child(test)                                    \
    do {                                                         \
        const char *said_ = in_child(test);                      \
        ck_assert_msg(said_ == NULL, "in the child: %s", said_); \
    } while (0)

#endif

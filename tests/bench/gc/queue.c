/* A queue of cycles over a large live heap: whatever is dropped is old by then. The worst case of a
 * collector with generations. */
#include "heap.h"

#ifdef HAS_GENERATIONS
enum { LIVE_PER_CYCLE = 10, TURNOVERS = 3 };

static double thread_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* A new cycle takes the place of the oldest. */
static inline void push(ref *queue, long length, long i, enum kind kind) {
    ref a = node_number(2 * i, kind), b = node_number(2 * i + 1, kind);
    node_set(a, 0, b);
    node_set(b, 0, a);
    drop(b);
    if (i >= length)
        drop(queue[i % length]);
    queue[i % length] = a;
}

static long drain(ref *queue, long length) {
    for (long i = 0; i < length; i++)
        drop(queue[i]);
    gc_collect();
    return gc_total() + peer_events;
}

/* Milliseconds that the longest push took. */
static struct result longest_push(long length, enum kind kind) {
    heap_new(length * LIVE_PER_CYCLE, kind);
    ref *queue = work_array(length, sizeof *queue);
    double longest = 0, before = thread_now();
    for (long i = 0; i < length * (1 + TURNOVERS); i++) {
        push(queue, length, i, kind);
        double after = thread_now();
        longest = after - before > longest ? after - before : longest;
        before = after;
    }
    return (struct result){longest / 1e6, drain(queue, length)};
}

static struct result longest_slice(long length, enum kind kind) {
    gc_slice();
    return longest_push(length, kind);
}

static double old_began, old_total;

static void watch(int stop, int generation) {
    if (generation < 2)
        return;
    if (stop)
        old_total += now() - old_began;
    else
        old_began = now();
}

/* Milliseconds in collections of the oldest generation. */
static struct result old_collections(long length, enum kind kind) {
    heap_new(length * LIVE_PER_CYCLE, kind);
    ref *queue = work_array(length, sizeof *queue);
    gc_watch(watch);
    for (long i = 0; i < length * (1 + TURNOVERS); i++)
        push(queue, length, i, kind);
    double total = old_total;
    return (struct result){total / 1e6, drain(queue, length)};
}
#endif

const struct work queue_works[] = {
#ifdef HAS_GENERATIONS
    {"queue-pause", longest_push},
    {"queue-slice", longest_slice},
    {"queue-old", old_collections},
#endif
    {0}};

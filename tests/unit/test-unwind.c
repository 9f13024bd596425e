#include <alloca.h>
#include <check.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include "suite.h"
#include "tracer/store.h"
#include "unwind/check.h"
#include "unwind/rule.h"
#include "odd_frame.h"

enum { DEPTH = 512 };

static struct unwind_thread thread;
static struct path *const path = &thread.path;
static int walks;

/* Which of the first 64 descriptors are open. */
static uint64_t descriptors(void) {
    uint64_t open = 0;
    for (int i = 0; i < 64; i++)
        open |= (uint64_t)(fcntl(i, F_GETFD) >= 0) << i;
    return open;
}

static uint64_t before;
static void setup(void) {
    before = descriptors();
    ck_assert_int_eq(unwind_load_libunwind(), 0);
    store.may_grow = 1;
    ck_assert_int_eq(unwind_thread_init(&thread), 0);
}

static uint64_t address_of(const struct path_frame *f) {
    return ARENA_IP_UNPACK(f->ip_module);
}

/* What the C library's unwinder says, from the caller of this function on. */
static __attribute__((noinline)) void compare(void) {
    const struct unwind_start *start = UNWIND_START_HERE();
    void *expected[DEPTH];
    int count = backtrace(expected, DEPTH) - 1;
    unwind_walk(&thread, start);
    ck_assert_int_eq(path->truncated, 0);
    ck_assert_uint_eq(path->depth, (uint32_t)count);
    for (int i = 0; i < count; i++)
        ck_assert_uint_eq(address_of(&path->frame[path->depth - 1 - (uint32_t)i]),
                          (uint64_t)(uintptr_t)expected[i + 1]);
    walks++;
}

static __attribute__((noinline)) void climb(int depth, unsigned seed) {
    volatile char *space = alloca(1 + seed % 64);
    space[0] = 1;
    if (depth > 0 && seed % 5 != 0)
        climb(depth - 1, seed * 1103515245 + 12345);
    else if (depth > 0)
        climb(depth - 2, seed / 3);
    if (seed % 2)
        compare();
    space[0] = 2;
}

START_TEST(random_recursion_equals_backtrace) {
    for (unsigned seed = 1; seed < 200; seed++)
        climb((int)(seed % 60), seed);
    ck_assert_int_gt(walks, 100);
}
END_TEST

static __attribute__((noinline)) void realigned(int depth) {
    _Alignas(64) volatile char line[64];
    __asm__ volatile("" : : "r"(line) : "memory");
    if (depth > 0)
        realigned(depth - 1);
    compare();
    __asm__ volatile("" : : "r"(line) : "memory");
}

START_TEST(realigned_frames_equal_backtrace) {
    realigned(10);
}
END_TEST

static void through_both(void) {
    compare();
    through_odd_frame(compare);
    compare();
}

START_TEST(odd_frames_equal_backtrace) {
    for (int i = 0; i < 3; i++) {
        compare();
        through_odd_frame(compare);
        ck_assert_uint_lt(path->clear, path->depth); /* what it hangs on is not remembered ... */
        ck_assert_uint_gt(path->clear, 3);           /* ... but what lies further out */
        through_odd_frame(through_both);
    }
    ck_assert_uint_eq(descriptors(), before);
}
END_TEST

static __attribute__((noinline)) void walk_here(void) {
    unwind_walk(&thread, UNWIND_START_HERE());
    unwind_start_end();
}

START_TEST(code_without_tables_is_guessed) {
    walk_here();
    uint64_t outermost = address_of(&path->frame[0]);
    ck_assert_uint_eq(path->guessed, 0);
    for (int i = 0; i < 3; i++) {
        through_bare_frame(walk_here);
        ck_assert_uint_eq(path->truncated, 0);
        ck_assert_uint_gt(path->depth, 3);
        ck_assert_uint_eq(address_of(&path->frame[0]), outermost);
        ck_assert(i > 0 || path->guessed > 0); /* counted in the walk that makes the guess */
    }
}
END_TEST

START_TEST(a_path_that_is_lost_is_truncated) {
    for (int i = 0; i < 3; i++) {
        through_lost_frame(walk_here);
        ck_assert_uint_eq(path->truncated, 1);
        ck_assert_uint_eq(path->depth, 1);
    }
    compare();
}
END_TEST

static void *in_thread(void *nothing) {
    compare();
    return nothing;
}

START_TEST(paths_of_threads_are_whole) {
    pthread_t other;
    ck_assert_int_eq(pthread_create(&other, NULL, in_thread, NULL), 0);
    pthread_join(other, NULL);
    ck_assert_int_eq(walks, 1);
    ck_assert_uint_eq(path->guessed, 0);
}
END_TEST

static void handler(int signal) {
    (void)signal;
    compare();
}

START_TEST(signal_frames_equal_backtrace) {
    struct sigaction action = {.sa_handler = handler};
    sigaction(SIGUSR1, &action, NULL);
    for (int i = 0; i < 3; i++) {
        raise(SIGUSR1);
        compare();
    }
}
END_TEST

START_TEST(signal_stacks_equal_backtrace) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    stack_t stack = {.ss_sp = malloc(1 << 16), .ss_size = 1 << 16};
    sigaltstack(&stack, NULL);
    sigaction(SIGUSR1, &action, NULL);
    for (int i = 0; i < 3; i++) {
        raise(SIGUSR1);
        compare();
    }
}
END_TEST

static ucontext_t here, there;
static void coroutine(void) {
    for (int i = 0; i < 3; i++) {
        compare();
        swapcontext(&there, &here);
    }
}

START_TEST(coroutines_equal_backtrace) {
    char *stack = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    getcontext(&there);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = 1 << 16;
    makecontext(&there, coroutine, 0);
    for (int i = 0; i < 3; i++) {
        compare();
        swapcontext(&here, &there);
    }
    munmap(stack, 1 << 16); /* what the last walk remembers lies there */
    compare();
}
END_TEST

static jmp_buf back;
static __attribute__((noinline)) void leave(volatile int *depth) {
    if (*depth < 0)
        return; /* which no caller asks for */
    if (--*depth > 0)
        leave(depth);
    compare();
    longjmp(back, 1);
}

START_TEST(longjmp_is_followed) {
    for (volatile int i = 1; i < 20; i++) {
        volatile int depth = i;
        if (setjmp(back) == 0)
            leave(&depth);
    }
    compare();
}
END_TEST

/* An outer slot changes while every inner one stays: both the memo and the walk must notice. */
static __attribute__((noinline)) void change_return(uint64_t *slot, uint64_t to) {
    const struct unwind_start *start = UNWIND_START_HERE();
    uint64_t before = *slot;
    int seen = 0;
    for (int i = 0; i < 3; i++)
        unwind_walk(&thread, start)->site = 7;
    ck_assert_ptr_nonnull(unwind_recall(&thread, start));
    *slot = to;
    struct path_end *recalled = unwind_recall(&thread, start);
    unwind_walk(&thread, start);
    for (uint32_t i = 0; i < path->depth; i++)
        seen += address_of(&path->frame[i]) == to;
    *slot = before;
    ck_assert_ptr_null(recalled);
    ck_assert_int_eq(seen, 1);
}

static __attribute__((noinline)) void with_slot(uint64_t *slot, uint64_t to) {
    change_return(slot, to);
    __asm__ volatile("");
}

START_TEST(a_changed_outer_slot_is_seen) {
    uint64_t *frame = __builtin_frame_address(0);
    uint64_t to = frame[1] + (1 << ARCH_IP_SHIFT); /* another address in the same function */
    with_slot(&frame[1], to);
}
END_TEST

static __attribute__((noinline)) struct path_end *find(int by_walking) {
    const struct unwind_start *start = UNWIND_START_HERE();
    struct path_end *end = by_walking ? unwind_walk(&thread, start) : unwind_recall(&thread, start);
    unwind_start_end();
    return end;
}

/* The same caller, at another place on the stack. */
static __attribute__((noinline)) struct path_end *find_below(size_t room, int by_walking) {
    volatile char *space = alloca(room);
    space[0] = 1;
    struct path_end *end = find(by_walking);
    space[0] = 2;
    return end;
}

START_TEST(the_same_stack_is_recalled) {
    const struct unwind_start *start = UNWIND_START_HERE();
    uint64_t hash = unwind_walk(&thread, start)->hash;
    ck_assert_uint_gt(path->depth, 3);
    for (int i = 0; i < 3; i++) {
        struct path_end *end = unwind_walk(&thread, start);
        ck_assert_uint_eq(end->hash, hash);
        ck_assert_ptr_null(unwind_recall(&thread, start)); /* nobody has named its site */
    }
    unwind_walk(&thread, start)->site = 5;
    ck_assert_uint_eq(unwind_recall(&thread, start)->site, 5);
    ck_assert_uint_eq(unwind_recall(&thread, start)->hash, hash);
    for (volatile int i = 0; i < 5; i++) { /* volatile: one place calls */
        struct path_end *end = find_below(i < 4 ? 16 : 256, i < 3);
        ck_assert((end == NULL) == (i == 4));
        if (i < 3)
            end->site = 6;
    }
}
END_TEST

START_TEST(nothing_is_recalled_of_other_objects) {
    const struct unwind_start *start = UNWIND_START_HERE();
    for (uint32_t site = 5; site < 8; site++) {
        for (int i = 0; i < 2; i++)
            unwind_walk(&thread, start)->site = site;
        ck_assert_uint_eq(unwind_recall(&thread, start)->site, site);
        unwind_objects_changed();
        ck_assert_ptr_null(unwind_recall(&thread, start));
    }
    for (int i = 0; i < 2; i++)
        unwind_walk(&thread, start)->site = 9;
    ck_assert_ptr_nonnull(unwind_recall(&thread, start));
    unwind_thread_forget(&thread);
    ck_assert_ptr_null(unwind_recall(&thread, start));
}
END_TEST

/* So many walks, with so many events for each. */
static void note_walks(struct memo *m, uint64_t *events, int reviews, unsigned events_a_walk) {
    for (int i = 0; i < reviews * MEMO_REVIEW; i++)
        memo_note_walk(m, *events += events_a_walk);
}

START_TEST(the_memo_rests_where_paths_seldom_come_again) {
    static struct memo memo;
    uint64_t events = 0;
    note_walks(&memo, &events, 1, 2);
    ck_assert(!memo_rests(&memo)); /* it is being filled */
    note_walks(&memo, &events, 1, 2);
    ck_assert(memo_rests(&memo));
    note_walks(&memo, &events, 1, 2);
    ck_assert(!memo_rests(&memo));
    note_walks(&memo, &events, 2, 2);
    ck_assert_uint_eq(memo.rest, 3); /* longer */
    note_walks(&memo, &events, 1000, 2);
    ck_assert_uint_eq(memo.last_rest, MEMO_REST_MAX);
}
END_TEST

START_TEST(the_memo_works_where_paths_come_again) {
    static struct memo memo;
    uint64_t events = 0;
    note_walks(&memo, &events, 5, 2);
    ck_assert_uint_eq(memo.rest, 3);
    note_walks(&memo, &events, 3, 2);
    for (int i = 0; i < 10; i++) {
        note_walks(&memo, &events, 1, MEMO_EVENTS_A_WALK);
        ck_assert(!memo_rests(&memo));
    }
    note_walks(&memo, &events, 1, 2);
    ck_assert_uint_eq(memo.rest, 1); /* as short as at first */
}
END_TEST

START_TEST(nothing_is_recalled_while_the_memo_rests) {
    const struct unwind_start *start = UNWIND_START_HERE();
    for (int i = 0; i < 2; i++)
        unwind_walk(&thread, start)->site = 5;
    uint64_t hash = unwind_recall(&thread, start)->hash;
    thread.memo.rest = 1;
    ck_assert_uint_eq(unwind_walk(&thread, start)->hash, hash);
    ck_assert_ptr_null(unwind_recall(&thread, start));
    thread.memo.rest = 0;
    for (int i = 0; i < 2; i++)
        unwind_walk(&thread, start)->site = 6;
    ck_assert_uint_eq(unwind_recall(&thread, start)->hash, hash);
}
END_TEST

/* Paths that begin in the same frame and differ further out: each has an end of its own. */
static __attribute__((noinline)) uint64_t shared(void) {
    const struct unwind_start *start = UNWIND_START_HERE();
    struct path_end *end = unwind_recall(&thread, start);
    if (end == NULL)
        end = unwind_walk(&thread, start);
    end->site = 1;
    return end->hash;
}
static __attribute__((noinline)) uint64_t one(void) {
    uint64_t hash = shared();
    __asm__ volatile("");
    return hash;
}
static __attribute__((noinline)) uint64_t other(void) {
    uint64_t hash = shared();
    __asm__ volatile("nop");
    return hash;
}

START_TEST(callers_are_told_apart) {
    uint64_t hash[2] = {0, 0};
    for (volatile int i = 0; i < 10; i++) { /* volatile: not peeled, so one place calls them */
        uint64_t now[2] = {one(), other()};
        ck_assert_uint_ne(now[0], now[1]);
        if (i > 0)
            ck_assert_mem_eq(now, hash, sizeof hash);
        memcpy(hash, now, sizeof hash);
    }
}
END_TEST

/* Paths by their numbers: each bit, the lowest for the outermost, is a choice of two callers, which
 * have one slot each. */
static int walked;

static __attribute__((noinline)) void recall_or_walk(void) {
    const struct unwind_start *start = UNWIND_START_HERE();
    if (unwind_recall(&thread, start) == NULL) {
        unwind_walk(&thread, start)->site = 1;
        walked++;
    }
    unwind_start_end();
}

static void choose_one(unsigned number, int left);
static void choose_other(unsigned number, int left);
static inline __attribute__((always_inline)) void choose(unsigned number, int left) {
    if (left == 0)
        recall_or_walk();
    else if (number % 2 == 0)
        choose_one(number / 2, left - 1);
    else
        choose_other(number / 2, left - 1);
}

static __attribute__((noinline)) void choose_one(unsigned number, int left) {
    char room[24];
    choose(number, left);
    __asm__ volatile("" : : "r"(room) : "memory");
}
static __attribute__((noinline)) void choose_other(unsigned number, int left) {
    char room[88];
    choose(number, left);
    __asm__ volatile("" : : "r"(room) : "memory");
}

/* The walk of the third replaces those frames of the first that the second has met. */
START_TEST(a_walk_on_another_way_leaves_what_can_be_recalled) {
    static const unsigned numbers[] = {0, 2, 1, 2, 1, 2};
    for (volatile int i = 0; i < 6; i++) { /* volatile: one place calls */
        walked = 0;
        choose(numbers[i], 2);
        ck_assert_int_eq(walked, i < 3);
    }
}
END_TEST

START_TEST(a_code_address_and_its_kind_fit_beside_the_module) {
    uint64_t ip = ((UINT64_C(1) << ARCH_ADDRESS_BITS) - 1) >> ARCH_IP_SHIFT << ARCH_IP_SHIFT;
    uint64_t packed = ARENA_IP_PACK(ip) | ARENA_IP_EXACT;
    ck_assert_uint_eq(ARENA_IP_UNPACK(packed), ip);
    ck_assert_uint_eq(packed >> ARENA_MODULE_SHIFT, 0);
}
END_TEST

START_TEST(no_object_has_no_rule) {
    int in_object;
    void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct rule r = rule_find((uint64_t)(uintptr_t)page + 8, 0, &in_object);
    ck_assert_int_eq(in_object, 0);
    ck_assert_int_eq(r.kind, RULE_NO_CFI);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("unwind");
    TCase *c = tcase_create("unwind");
    tcase_add_checked_fixture(c, setup, NULL);
    tcase_add_test(c, random_recursion_equals_backtrace);
    tcase_add_test(c, realigned_frames_equal_backtrace);
    tcase_add_test(c, odd_frames_equal_backtrace);
    tcase_add_test(c, code_without_tables_is_guessed);
    tcase_add_test(c, a_path_that_is_lost_is_truncated);
    tcase_add_test(c, paths_of_threads_are_whole);
    tcase_add_test(c, signal_frames_equal_backtrace);
    tcase_add_test(c, signal_stacks_equal_backtrace);
    tcase_add_test(c, coroutines_equal_backtrace);
    tcase_add_test(c, longjmp_is_followed);
    tcase_add_test(c, a_changed_outer_slot_is_seen);
    tcase_add_test(c, the_same_stack_is_recalled);
    tcase_add_test(c, nothing_is_recalled_of_other_objects);
    tcase_add_test(c, the_memo_rests_where_paths_seldom_come_again);
    tcase_add_test(c, the_memo_works_where_paths_come_again);
    tcase_add_test(c, nothing_is_recalled_while_the_memo_rests);
    tcase_add_test(c, callers_are_told_apart);
    tcase_add_test(c, a_walk_on_another_way_leaves_what_can_be_recalled);
    tcase_add_test(c, a_code_address_and_its_kind_fit_beside_the_module);
    tcase_add_test(c, no_object_has_no_rule);
    suite_add_tcase(suite, c);
    return suite_run(suite);
}

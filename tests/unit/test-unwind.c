#include <alloca.h>
#include <check.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
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
    tcase_add_test(c, a_code_address_and_its_kind_fit_beside_the_module);
    tcase_add_test(c, no_object_has_no_rule);
    suite_add_tcase(suite, c);
    return suite_run(suite);
}

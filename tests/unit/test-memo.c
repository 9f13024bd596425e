/* The memo in front of the walk: what is recalled, what is not, and when it rests. */
#include <alloca.h>
#include <check.h>
#include <stdint.h>
#include <string.h>
#include "suite.h"
#include "tracer/store.h"
#include "unwind/unwind.h"

static struct unwind_thread thread, other_thread;
static struct path *const path = &thread.path;

static void setup(void) {
    store.may_grow = 1;
    ck_assert_int_eq(unwind_thread_init(&thread), 0);
    ck_assert_int_eq(unwind_thread_init(&other_thread), 0);
}

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
    ck_assert(memo_has_room(&memo));
    note_walks(&memo, &events, 2, 2);
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
    ck_assert(memo_has_room(&memo));
    note_walks(&memo, &events, 6, 2);
    ck_assert_uint_eq(memo.rest, 3);
    note_walks(&memo, &events, 3, 2);
    for (int i = 0; i < 10; i++) {
        note_walks(&memo, &events, 1, MEMO_EVENTS_A_WALK);
        ck_assert(!memo_rests(&memo));
    }
    note_walks(&memo, &events, 2, 2);
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
static uint64_t events;

static __attribute__((noinline)) void recall_or_walk(void) {
    const struct unwind_start *start = UNWIND_START_HERE();
    struct path_end *end = unwind_recall(&thread, start);
    events += 2;
    if (end == NULL) {
        memo_note_walk(&thread.memo, events);
        end = unwind_walk(&thread, start);
        end->site = 1;
        walked++;
    }
    unwind_thread_forget(&other_thread);
    ck_assert_uint_eq(end->hash, unwind_walk(&other_thread, start)->hash);
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

/* Deep enough for segments to end among them. */
enum { DEPTH = 12, INNERMOST = 1 << (DEPTH - 1), OUTERMOST = 1 };

/* The frames that the segment of the second path leads to are replaced twice: at last by their
 * likes. */
START_TEST(what_leads_to_frames_like_those_before_is_recalled) {
    static const unsigned numbers[] = {0, INNERMOST, OUTERMOST, 0, INNERMOST};
    for (volatile int i = 0; i < 5; i++) { /* volatile: one place calls */
        walked = 0;
        choose(numbers[i], DEPTH);
        ck_assert_int_eq(walked, i < 4);
    }
}
END_TEST

/* Paths that differ in their frames' sizes, or in one return address far out. Frames whose size is
 * not known before have a frame pointer. */
struct way {
    size_t outer_room;
    int caller;
    size_t inner_room; /* 0: no such frame */
    unsigned number;
};

static __attribute__((noinline)) void inner(const struct way *way) {
    volatile char *space = alloca(way->inner_room);
    space[0] = 1;
    choose(way->number, DEPTH);
    space[0] = 2;
}
static inline __attribute__((always_inline)) void go_in(const struct way *way) {
    if (way->inner_room != 0)
        inner(way);
    else
        choose(way->number, DEPTH);
}
static __attribute__((noinline)) void first_caller(const struct way *way) {
    go_in(way);
    __asm__ volatile("");
}
static __attribute__((noinline)) void second_caller(const struct way *way) {
    go_in(way);
    __asm__ volatile("nop");
}
static __attribute__((noinline)) void outer(const struct way *way) {
    volatile char *space = alloca(way->outer_room);
    space[0] = 1;
    if (way->caller == 0)
        first_caller(way);
    else
        second_caller(way);
    space[0] = 2;
}

/* The fourth path is the second but for one address; what the third is made of is not its. */
START_TEST(frames_that_are_alike_only_in_part_are_told_apart) {
    enum { IN = INNERMOST };
    static const struct way ways[][4] = {
        {{16, 0, 0, 0}, {16, 0, 0, IN}, {16, 1, 0, 0}, {16, 1, 0, IN}},
        {{16, 0, 0, 0}, {16, 0, 0, IN}, {4096, 0, 0, 0}, {16, 1, 0, IN}},
        {{16, 0, 4096, 0}, {16, 0, 4096, IN}, {4096, 0, 16, 0}, {16, 1, 4096, IN}},
    };
    for (volatile int i = 0; i < 12; i++) { /* volatile: one place calls */
        if (i % 4 == 0)
            unwind_thread_forget(&thread);
        outer(&ways[i / 4][i % 4]);
    }
}
END_TEST

static __attribute__((noinline)) void recall_or_walk_below(size_t room) {
    volatile char *space = alloca(room);
    space[0] = 1;
    recall_or_walk();
    space[0] = 2;
}

START_TEST(the_memo_grows_where_many_paths_come_again) {
    enum { PATHS = 2000, ROUNDS = 8 };
    for (volatile int i = 0; i < ROUNDS * PATHS; i++) { /* volatile: one place calls */
        if (i % PATHS == 0)
            walked = 0;
        recall_or_walk_below(((size_t)i % PATHS + 1) * 16);
        if (i == PATHS / 10)
            ck_assert_uint_lt(thread.memo.replaced, PATHS / 40);
    }
    ck_assert_uint_gt(thread.memo.bits, MEMO_BITS_FIRST);
    ck_assert_int_lt(walked, PATHS / 2);
}
END_TEST

/* So many reviews of a memo where each segment takes another's place. */
static uint32_t bits_under_pressure(struct memo *m, int reviews, unsigned events_a_walk) {
    uint64_t all_events = m->reviewed_at;
    for (; reviews > 0; reviews--) {
        m->replaced = MEMO_REVIEW;
        note_walks(m, &all_events, 1, events_a_walk);
    }
    return m->bits;
}

enum { TO_FILL_FIRST = (MEMO_WAYS << MEMO_BITS_FIRST) / MEMO_REVIEW, LONG = TO_FILL_FIRST << 6 };

START_TEST(the_memo_does_not_grow_where_that_is_of_no_use) {
    static struct memo good, roomy;
    uint64_t all_events = 0;
    ck_assert(memo_has_room(&good) && memo_has_room(&roomy));
    bits_under_pressure(&good, 10 * TO_FILL_FIRST, MEMO_EVENTS_A_WALK);
    ck_assert_uint_eq(good.bits, MEMO_BITS_FIRST);
    all_events = good.reviewed_at;
    note_walks(&good, &all_events, 10 * TO_FILL_FIRST, 2); /* no pressure any more */
    ck_assert_uint_eq(good.bits, MEMO_BITS_FIRST);
    all_events = 0;
    note_walks(&roomy, &all_events, 10 * TO_FILL_FIRST, 2); /* into places that were free */
    ck_assert_uint_eq(roomy.bits, MEMO_BITS_FIRST);
}
END_TEST

START_TEST(the_memo_grows_once_it_has_been_filled) {
    static struct memo memo;
    ck_assert(memo_has_room(&memo));
    ck_assert_uint_eq(bits_under_pressure(&memo, TO_FILL_FIRST, 2), MEMO_BITS_FIRST);
    ck_assert_uint_eq(bits_under_pressure(&memo, 1, 2), MEMO_BITS_FIRST + 1);
    ck_assert_uint_eq(bits_under_pressure(&memo, 2 * TO_FILL_FIRST, 2), MEMO_BITS_FIRST + 1);
    ck_assert_uint_eq(bits_under_pressure(&memo, 1, 2), MEMO_BITS_FIRST + 2);
    ck_assert(!memo_rests(&memo));
}
END_TEST

START_TEST(what_all_may_grow_by_is_limited) {
    static struct memo memo[2];
    for (int i = 0; i < 2; i++) {
        ck_assert(memo_has_room(&memo[i]));
        bits_under_pressure(&memo[i], LONG, 2);
        ck_assert_uint_gt(memo[i].last_rest, 0);
    }
    ck_assert_uint_eq(memo[0].bits, MEMO_BITS_FIRST + 4); /* 3 MiB of 4 */
    ck_assert_uint_eq(memo[1].bits, MEMO_BITS_FIRST + 2);
}
END_TEST

START_TEST(without_memory_the_memo_rests) {
    static struct memo small, none;
    ck_assert(memo_has_room(&small));
    store.may_grow = 0;
    bits_under_pressure(&small, TO_FILL_FIRST + 1, 2);
    ck_assert(memo_rests(&small));
    ck_assert_uint_eq(bits_under_pressure(&small, LONG, 2), MEMO_BITS_FIRST);
    ck_assert(!memo_has_room(&none) && memo_rests(&none));
    ck_assert_uint_eq(none.bits, 0);
    store.may_grow = 1; /* nothing was taken from what it may grow by */
    ck_assert_uint_eq(bits_under_pressure(&small, 4 * LONG, 2), MEMO_BITS_FIRST + 4);
}
END_TEST

START_TEST(nothing_is_recalled_of_what_was_forgotten) {
    for (volatile int i = 0; i < 6; i++) {
        if (i == 4)
            unwind_thread_forget(&thread);
        walked = 0;
        choose(0, 2);
        ck_assert_int_eq(walked, i < 2 || i > 3);
    }
}
END_TEST

/* Paths made by hand, of frames that have read one slot each, on a stack of words: three outer
 * ones, and so many further in that a segment leads to the innermost of the three. */
enum { INNER = 10, OUTER = 3, CODE_OF_INNER = 0x100 };
static struct path made;
static uint64_t word[64], word_elsewhere;

struct made_frame {
    uint64_t ip, *slot;
    enum path_step step;
};

static struct path_fresh fresh_frame(struct made_frame f, const uint64_t *sp) {
    return (struct path_fresh){.ip_module = f.ip,
                               .sp = (uintptr_t)sp,
                               .step = f.step | PATH_SPECIAL | PATH_BACK,
                               .back = {(uintptr_t)f.slot, *f.slot}};
}

/* Given from the inside out; of the outermost so many are met. */
static void walk_by_hand(const struct made_frame outer[OUTER], uint32_t met) {
    path_begin(&made, 1);
    for (unsigned i = 0; i < INNER; i++)
        made.fresh[i] = fresh_frame((struct made_frame){CODE_OF_INNER, &word[i], 0}, &word[i]);
    for (unsigned i = 0; i + met < OUTER; i++)
        made.fresh[INNER + i] = fresh_frame(outer[i], &word[INNER + i]);
    made.fresh_count = INNER + OUTER - met;
    path_join(&made, met);
}

static const struct path_end *recall_by_hand(struct memo *m) {
    return memo_find(m, &made, ARENA_IP_UNPACK(CODE_OF_INNER), (uintptr_t)word, 0);
}

static void begin_by_hand(struct memo *m, const struct made_frame outer[OUTER]) {
    ck_assert_int_eq(path_init(&made), 0);
    made.stack_low = (uintptr_t)word;
    made.stack_high = (uintptr_t)(word + sizeof word / sizeof *word);
    walk_by_hand(outer, 0);
    memo_keep(m, &made, OUTER)->site = 7;
    ck_assert_uint_eq(m->last->frames, OUTER);
    ck_assert_uint_eq(recall_by_hand(m)->site, 7);
}

/* Its memory may be gone. */
START_TEST(what_lies_on_another_stack_is_not_read) {
    static struct memo memo;
    const struct made_frame near[] = {{1, &word[20], 0}, {2, &word[40], 0}, {3, &word[50], 0}},
                            far[] = {near[0], {2, &word_elsewhere, 0}, near[2]};
    begin_by_hand(&memo, near);
    walk_by_hand(far, 1);
    ck_assert_ptr_null(recall_by_hand(&memo));
    walk_by_hand(near, 1);
    ck_assert_uint_eq(recall_by_hand(&memo)->site, 7);
}
END_TEST

/* They are no part of the path, but it is their step that leads to what lies further out. */
START_TEST(the_tracers_own_frames_are_told_apart) {
    static struct memo memo;
    const struct made_frame first[] = {{1, &word[20], PATH_OWN},
                                       {3, &word[40], 0},
                                       {4, &word[50], 0}},
                            second[] = {{2, &word[30], PATH_OWN}, first[1], first[2]};
    begin_by_hand(&memo, first);
    word[INNER - 1] = 2; /* a return address into the other */
    walk_by_hand(second, 1);
    word[INNER - 1] = 0;
    word[20] = 5; /* another caller, and what lies at 30 is left from before */
    ck_assert_ptr_null(recall_by_hand(&memo));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("memo");
    TCase *c = tcase_create("memo");
    tcase_add_checked_fixture(c, setup, NULL);
    tcase_add_test(c, the_same_stack_is_recalled);
    tcase_add_test(c, nothing_is_recalled_of_other_objects);
    tcase_add_test(c, the_memo_rests_where_paths_seldom_come_again);
    tcase_add_test(c, the_memo_works_where_paths_come_again);
    tcase_add_test(c, nothing_is_recalled_while_the_memo_rests);
    tcase_add_test(c, callers_are_told_apart);
    tcase_add_test(c, a_walk_on_another_way_leaves_what_can_be_recalled);
    tcase_add_test(c, what_leads_to_frames_like_those_before_is_recalled);
    tcase_add_test(c, the_memo_grows_where_many_paths_come_again);
    tcase_add_test(c, the_memo_does_not_grow_where_that_is_of_no_use);
    tcase_add_test(c, the_memo_grows_once_it_has_been_filled);
    tcase_add_test(c, what_all_may_grow_by_is_limited);
    tcase_add_test(c, without_memory_the_memo_rests);
    tcase_add_test(c, nothing_is_recalled_of_what_was_forgotten);
    tcase_add_test(c, frames_that_are_alike_only_in_part_are_told_apart);
    tcase_add_test(c, what_lies_on_another_stack_is_not_read);
    tcase_add_test(c, the_tracers_own_frames_are_told_apart);
    suite_add_tcase(suite, c);
    return suite_run(suite);
}

/* The checks that all other tests of the object runtime rely on (stress.h): each finds what it is
 * for, and says what it has found. */
#include <sys/wait.h>
#include <unistd.h>
#include "config.h"
#include "gc/fail.h"
#include "gc_fixture.h"

/* --- misuse that ends the process --- */

static char said[4096];

/* Runs `misuse` in a child; it ends by SIGABRT, with `expected` on its standard error. */
static void check_ends(void (*misuse)(void), const char *expected) {
    int ends[2], status;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (!child) {
        dup2(ends[1], 2);
        misuse();
        _exit(0);
    }
    close(ends[1]);
    size_t size = 0;
    ssize_t got;
    while ((got = read(ends[0], said + size, sizeof said - 1 - size)) > 0)
        size += (size_t)got;
    said[size] = '\0';
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "status %d", status);
    ck_assert_msg(strstr(said, expected) != NULL, "%s", said);
}

/* Old objects, the reference moved from one field to another. */
static void move_without_touch(void) {
    struct node *n = slot();
    hgc_collect(rt, 2);
    n->a = &n->head;
    hgc_collect(rt, 2);
}

static void forget_a_reference(void) {
    struct node *n = slot(), *other = slot();
    n->a = n->b = &other->head;
    hgc_collect(rt, 2);
}

static void lose_a_note(void) {
    slot()->head.flags &= (uint8_t)~FLAG_NOTED;
    hgc_collect(rt, 1);
}

static void lose_track(void) {
    slot()->head.flags &= (uint8_t)~FLAG_TRACKED;
    hgc_collect(rt, 1);
}

static void miscount(void) {
    slot();
    rt->tracked[1]++;
    hgc_collect(rt, 0);
}

static void leave_scratch(void) {
    *scratch_of(slot()) = 1;
    hgc_collect(rt, 0);
}

START_TEST(misuse_and_broken_invariants_are_named) {
    check_ends(move_without_touch, "heapline-gc: trash that no list led to: slot at 0x");
    check_ends(forget_a_reference, "heapline-gc: more references than its count says: slot at 0x");
    check_ends(lose_a_note, "heapline-gc: young and on no list: slot at 0x");
    check_ends(lose_track, "heapline-gc: trusted, but not tracked: slot at 0x");
    check_ends(miscount, "heapline-gc: a generation's count is wrong");
    check_ends(leave_scratch, "heapline-gc: scratch left over: slot at 0x");
}
END_TEST

/* --- modes --- */

START_TEST(freed_objects_are_poisoned) {
    enum { POISON = 0xDB };
    struct node *n = slot();
    const unsigned char *memory = (unsigned char *)&n->b; /* behind what a free slot needs */
    drop(n);
    for (size_t i = 0; i < sizeof *n - offsetof(struct node, b); i++)
        ck_assert_uint_eq(memory[i], POISON);
    stress_set(rt, 0);
    n = slot();
    n->number = 1;
    drop(n);
    ck_assert_int_eq(n->number, 1);
}
END_TEST

START_TEST(a_collection_at_every_allocation) {
    struct hgc_stats stats[3];
    struct node *n[3];
    stress_set(rt, STRESS_COLLECT);
    for (unsigned i = 0; i < 3; i++) {
        n[i] = slot();
        hgc_get_stats(rt, stats);
        ck_assert_uint_eq(stats[2].collections, i + 1);
        ck_assert_int_eq(hgc_get_generation(&n[i]->head), 0);
    }
    ck_assert_int_eq(hgc_get_generation(&n[0]->head), 2);
    stress_set(rt, 0);
    for (int i = 0; i < 3; i++)
        drop(n[i]);
}
END_TEST

START_TEST(the_nth_allocation_fails_and_no_other) {
    enum { ITEMS = 5000 }; /* more than a slab has room for */
    static struct hgc_object *items[ITEMS];
    for (int i = 0; i < ITEMS; i++)
        items[i] = hgc_none(rt);
    for (int n = 1; n < 4; n++) {
        gc_fail_countdown = n;
        for (int i = 1; i < 6; i++) {
            struct hgc_object *l = hgc_list_new(rt, items, ITEMS);
            ck_assert_int_eq(l == NULL, i == n);
            drop(l);
        }
    }
}
END_TEST

/* A birth without memory has not happened. */
START_TEST(a_failed_birth_leaves_nothing) {
    enum { N = 3000 };
    static struct hgc_object *made[N];
    int failures = 0, before[3], after[3];
    for (int i = 0; i < N; i++) {
        hgc_get_count(rt, before);
        gc_fail_countdown = 1;
        made[i] = hgc_new(rt, slot_type);
        gc_fail_countdown = 0;
        hgc_get_count(rt, after);
        ck_assert_int_eq(after[0], before[0] + (made[i] != NULL));
        if (made[i])
            continue;
        ck_assert_int_eq(hgc_error(rt)->code, HEAPLINE_NO_MEMORY);
        validate_heap(rt);
        failures++;
        made[i] = &slot()->head;
    }
    ck_assert_int_ge(failures, 3); /* lists and slabs */
    for (int i = 0; i < N; i++)
        drop(made[i]);
}
END_TEST

START_TEST(builds_for_checking_check_every_runtime) {
    struct hgc_runtime *fresh = hgc_runtime_new(NULL);
    ck_assert_uint_eq(fresh->stress, CHECK_GC ? STRESS_CHECK | STRESS_POISON : 0);
    ck_assert_int_eq(hgc_runtime_free(fresh), 0);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, misuse_and_broken_invariants_are_named);
    tcase_add_test(tests, freed_objects_are_poisoned);
    tcase_add_test(tests, a_collection_at_every_allocation);
    tcase_add_test(tests, the_nth_allocation_fails_and_no_other);
    tcase_add_test(tests, a_failed_birth_leaves_nothing);
    tcase_add_test(tests, builds_for_checking_check_every_runtime);
}

int main(void) {
    return run_suite("gc checks", add_tests);
}

/* Full runs in slices. Most tests go slice by slice, the smallest there are: a slice is due at each
 * allocation while STRESS_COLLECT is on. */
#include "gc_fixture.h"
#include "gc/fail.h"
#include "gc/slices.h"

enum { CHECKED = STRESS_CHECK | STRESS_POISON | STRESS_SLICES, SLICES_MAX = 100000 };
enum { START = 1000, STOP = 2000 };

/* The log has START + generation, and STOP + generation followed by what was collected. */
static int log_callback(struct hgc_runtime *runtime, int stop, const struct hgc_info *info,
                        void *arg) {
    (void)arg;
    ck_assert_int_eq(hgc_is_collecting(runtime), 1 + info->generation);
    log_number((stop ? STOP : START) + info->generation);
    if (stop)
        log_number((int)info->collected);
    return 0;
}

static void begin(void) {
    stress_set(rt, CHECKED);
    hgc_set_pause(rt, 1);
    hgc_add_callback(rt, log_callback, NULL);
}

/* The first one begins a run. */
static void slice(void) {
    stress_set(rt, CHECKED | STRESS_COLLECT);
    drop(slot());
    stress_set(rt, CHECKED);
}

/* Until the run in progress has come so far. */
static void slice_until(enum slices_phase phase) {
    for (int i = 0; rt->slices && rt->slices->phase < phase; i++) {
        ck_assert_int_lt(i, SLICES_MAX);
        slice();
    }
}

static void finish(void) {
    slice_until(SLICES_DONE);
    ck_assert_ptr_null(rt->slices);
}

/* A whole run in slices. The log has what happened in it. */
static int64_t run(void) {
    ck_assert_log_empty();
    slice();
    ck_assert_log(START + 2);
    finish();
    log_count -= 2;
    ck_assert_int_eq(log_entries[log_count], STOP + 2);
    return log_entries[log_count + 1];
}

static int64_t collected_by_full_runs(void) {
    struct hgc_stats stats[3];
    hgc_get_stats(rt, stats);
    return (int64_t)stats[2].collected;
}

/* Two objects of the oldest generation that refer to each other; the first is returned. */
static struct node *make_cycle(struct hgc_type *type, int number) {
    struct node *a = make_node(type, number), *b = make_node(type, number + 1);
    link_a(a, b);
    link_a(b, a);
    drop(b);
    return a;
}

static struct node *old_cycle(struct hgc_type *type, int number) {
    struct node *a = make_cycle(type, number);
    hgc_collect(rt, 2);
    return a;
}

static void drop_old_cycles(int count) {
    struct node *some[64];
    for (int i = 0; i < count; i++)
        some[i] = make_cycle(slot_type, 0);
    hgc_collect(rt, 2);
    for (int i = 0; i < count; i++)
        drop(some[i]);
}

START_TEST(many_slices_are_one_collection) {
    struct hgc_stats stats[3];
    int count[3];
    drop_old_cycles(10);
    begin();
    hgc_get_stats(rt, stats);
    uint64_t collections = stats[2].collections, collected = stats[2].collected;
    slice();
    ck_assert_log(START + 2);
    hgc_get_count(rt, count);
    ck_assert_int_eq(count[0] + count[1] + count[2], 0);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(hgc_is_collecting(rt), 3);
        slice();
    }
    ck_assert_log_empty();
    hgc_get_stats(rt, stats);
    ck_assert_uint_eq(stats[2].collections, collections);
    finish();
    ck_assert_log(STOP + 2, 20);
    ck_assert_int_eq(hgc_is_collecting(rt), 0);
    hgc_get_stats(rt, stats);
    ck_assert_uint_eq(stats[2].collections, collections + 1);
    ck_assert_uint_eq(stats[2].collected, collected + 20);
}
END_TEST

START_TEST(the_young_are_collected_too) {
    begin();
    struct node *kept = slot();
    drop(make_cycle(slot_type, 0));
    ck_assert_int_eq((int)run(), 2);
    ck_assert_int_eq(hgc_get_generation(&kept->head), 2);
    drop(kept);
}
END_TEST

START_TEST(what_becomes_garbage_between_slices_is_the_next_runs) {
    struct node *later = old_cycle(slot_type, 0);
    drop_old_cycles(3);
    begin();
    slice();
    slice();
    drop(later);
    drop(make_cycle(slot_type, 0));
    finish();
    ck_assert_log(START + 2, STOP + 2, 6);
    ck_assert_int_eq((int)run(), 4);
}
END_TEST

START_TEST(what_is_recounted_before_it_is_judged_is_the_next_runs) {
    struct node *later = old_cycle(slot_type, 0);
    drop(hgc_incref(&later->head)); /* a suspect from the beginning */
    begin();
    slice();
    slice_until(SLICES_COUNT);
    drop(later);
    finish();
    ck_assert_log(START + 2, STOP + 2, 0);
    ck_assert_int_eq((int)run(), 2);
}
END_TEST

/* All that speaks against the cycle is a suspect that has not been gathered yet. */
START_TEST(what_is_closed_by_moves_before_it_is_gathered_is_found) {
    struct node *old = slot();
    hgc_collect(rt, 2);
    drop(hgc_incref(&old->head));
    begin();
    slice();
    ck_assert_int_eq(rt->slices->phase, SLICES_GATHER);
    struct node *young = slot();
    move_into(young, old);
    move_into(old, young);
    finish();
    ck_assert_log(START + 2, STOP + 2, 0);
    ck_assert_int_eq((int)hgc_collect(rt, 2), 2);
}
END_TEST

/* At whatever moment: the generation that programs see is 2, and a new reference saves it. */
START_TEST(what_is_rescued_between_slices_lives) {
    struct node *a = old_cycle(plain_type, 0);
    struct hgc_object *w = hgc_weakref_new(rt, &a->head, NULL, NULL);
    drop(a);
    begin();
    slice();
    slice_until((enum slices_phase)_i);
    ck_assert_int_eq(hgc_get_generation(&a->head), 2);
    struct node *saved = (struct node *)hgc_weakref_get(w);
    ck_assert_ptr_eq(saved, a);
    finish();
    ck_assert_log(START + 2, STOP + 2, 0);
    ck_assert_ptr_eq(((struct node *)saved->a)->a, saved);
    drop(saved);
    ck_assert_int_eq((int)run(), 2);
    ck_assert_ptr_null(hgc_weakref_get(w));
    drop(w);
}
END_TEST

START_TEST(lists_of_objects_rescue_too) {
    drop_old_cycles(2);
    begin();
    slice();
    slice_until((enum slices_phase)_i);
    struct hgc_object *all = hgc_get_objects(rt, 2);
    int64_t n = hgc_len(all);
    ck_assert_int_ge(n, 4);
    finish();
    ck_assert_log(START + 2, STOP + 2, 0);
    ck_assert_int_eq(hgc_len(all), n);
    drop(all);
    ck_assert_int_eq((int)run(), 4);
}
END_TEST

START_TEST(a_whole_collection_gives_it_up) {
    drop_old_cycles(4);
    begin();
    slice();
    slice_until((enum slices_phase)_i);
    ck_assert_int_eq((int)hgc_collect(rt, 2), 8);
    ck_assert_log(START + 2, STOP + 2, 0, START + 2, STOP + 2, 8);
    ck_assert_int_eq(hgc_is_collecting(rt), 0);
    ck_assert_int_eq((int)run(), 0);
}
END_TEST

START_TEST(young_collections_come_between) {
    drop_old_cycles(4);
    begin();
    slice();
    slice_until((enum slices_phase)_i);
    for (int g = 0; g < 2; g++) {
        drop(make_cycle(slot_type, 0));
        ck_assert_int_eq((int)hgc_collect(rt, g), 2);
        ck_assert_int_eq(hgc_is_collecting(rt), 3);
    }
    finish();
    ck_assert_log(START + 2, START, STOP, 2, START + 1, STOP + 1, 2, STOP + 2, 8);
}
END_TEST

/* They would starve, were the garbage subtracted from what the program makes. */
START_TEST(what_a_slice_frees_does_not_put_young_collections_off) {
    int before[3], after[3];
    struct node *kept[30];
    drop_old_cycles(20);
    begin();
    slice();
    slice_until(SLICES_DISPOSE);
    for (int i = 0; i < 30; i++)
        kept[i] = slot();
    hgc_get_count(rt, before);
    slice_until(SLICES_RETIRE);
    hgc_get_count(rt, after);
    ck_assert_int_eq(before[0], after[0]);
    finish();
    ck_assert_log(START + 2, STOP + 2, 40);
    for (int i = 0; i < 30; i++)
        drop(kept[i]);
}
END_TEST

/* Slots of members that die are used again, by young objects that are collected. */
START_TEST(members_may_die_and_their_slots_be_used) {
    struct node *some[50];
    for (int i = 0; i < 50; i++)
        some[i] = make_cycle(slot_type, 0);
    hgc_collect(rt, 2);
    begin();
    for (int i = 0; i < 50; i++)
        drop(hgc_incref(&some[i]->head)); /* suspects */
    slice();
    slice_until((enum slices_phase)_i);
    for (int i = 0; i < 50; i++) {
        link_a(some[i], NULL);
        drop(some[i]);
    }
    for (int i = 0; i < 50; i++)
        drop(make_cycle(slot_type, 0));
    ck_assert_int_eq((int)hgc_collect(rt, 1), 100);
    log_count = 0;
    finish();
    ck_assert_log(STOP + 2, 0);
}
END_TEST

START_TEST(freezing_gives_it_up) {
    drop_old_cycles(4);
    begin();
    slice();
    slice();
    hgc_freeze(rt);
    ck_assert_log(START + 2, STOP + 2, 0);
    ck_assert_int_eq((int)hgc_get_freeze_count(rt), 8);
    hgc_unfreeze(rt);
    ck_assert_int_eq((int)hgc_collect(rt, 2), 8);
    log_count = 0;
}
END_TEST

START_TEST(looking_for_a_path_gives_it_up) {
    struct node *a = old_cycle(slot_type, 0);
    drop_old_cycles(4);
    begin();
    slice();
    slice_until(SLICES_MARK);
    struct hgc_object *path = hgc_find_path(rt, &a->head, a->a);
    ck_assert_log(START + 2, STOP + 2, 0);
    ck_assert_int_eq((int)hgc_len(path), 2);
    drop(path);
    ck_assert_int_eq((int)run(), 8);
    drop(a);
}
END_TEST

/* --- automatic ones --- */

static void allocate(int count) {
    static struct node *kept[4000];
    ck_assert_int_le(count, 4000);
    for (int i = 0; i < count; i++)
        kept[i] = slot();
    for (int i = 0; i < count; i++)
        drop(kept[i]);
}

static void begin_automatic(int threshold) {
    hgc_set_threshold(rt, (int[]){threshold, 0, 0}, 3);
    hgc_enable(rt);
    for (int i = 0; !rt->slices; i++) {
        ck_assert_int_lt(i, 100);
        allocate(threshold + 1);
    }
}

static void allocate_until_collected(int threshold, int64_t count) {
    for (int i = 0; collected_by_full_runs() < count; i++) {
        ck_assert_int_lt(i, 1000);
        allocate(threshold + 1);
        log_count = 0;
    }
    hgc_disable(rt);
    ck_assert_int_eq((int)collected_by_full_runs(), (int)count);
}

START_TEST(it_waits_while_disabled) {
    static const int thresholds[] = {100, 5, 1};
    int threshold = thresholds[_i];
    drop_old_cycles(4);
    begin();
    begin_automatic(threshold);
    hgc_disable(rt);
    enum slices_phase phase = rt->slices->phase;
    allocate(1000);
    ck_assert_int_eq(rt->slices->phase, phase);
    ck_assert_int_eq(hgc_is_collecting(rt), 3);
    hgc_enable(rt);
    allocate_until_collected(threshold, 8);
}
END_TEST

START_TEST(without_room_for_slices_collections_are_atomic) {
    drop_old_cycles(4);
    begin();
    begin_automatic(100);
    hgc_set_threshold(rt, (int[]){-1}, 1);
    drop(slot());
    ck_assert_ptr_null(rt->slices);
    rt->long_lived_pending = rt->long_lived_total; /* due as soon as the thresholds say so */
    allocate_until_collected(0, 8);
    ck_assert_ptr_null(rt->slices);
}
END_TEST

START_TEST(without_a_pause_the_next_slice_is_the_last) {
    drop_old_cycles(4);
    begin();
    slice();
    hgc_set_pause(rt, 0);
    slice();
    ck_assert_log(START + 2, STOP + 2, 8);
    ck_assert_ptr_null(rt->slices);
}
END_TEST

/* By the clock, in the fast paths that stress prevents: all of it goes, in one collection. */
START_TEST(a_large_heap_is_collected_in_slices) {
    enum { CYCLES = 20000 };
    static struct node *cycles[CYCLES];
    stress_set(rt, 0);
    for (int i = 0; i < CYCLES; i++)
        cycles[i] = make_cycle(slot_type, 0);
    hgc_collect(rt, 2);
    for (int i = 0; i < CYCLES; i += 2)
        drop(cycles[i]);
    hgc_add_callback(rt, log_callback, NULL);
    hgc_set_pause(rt, 50);
    hgc_set_threshold(rt, (int[]){700, 100000, 100000}, 3);
    rt->long_lived_pending = rt->long_lived_total;
    rt->count[2] = 100001;
    hgc_enable(rt);
    allocate(702);
    ck_assert_ptr_nonnull(rt->slices);
    hgc_set_threshold(rt, (int[]){1000000, 100000, 100000}, 3);
    static struct node *more[SLICES_MAX];
    int slots = 0;
    while (rt->slices && slots < SLICES_MAX)
        more[slots++] = slot();
    hgc_disable(rt);
    ck_assert_int_lt(slots, SLICES_MAX);
    ck_assert_log(START + 2, STOP + 2, CYCLES);
    while (slots)
        drop(more[--slots]);
    for (int i = 1; i < CYCLES; i += 2) {
        ck_assert_ptr_eq(((struct node *)cycles[i]->a)->a, cycles[i]);
        drop(cycles[i]);
    }
}
END_TEST

/* --- pieces --- */

/* Two cycles refer to a third; the finder meets them in any order. */
START_TEST(what_many_refer_to_goes_with_the_last_of_them) {
    struct node *c[3];
    for (int i = 0; i < 3; i++)
        c[i] = make_cycle(slot_type, 0);
    hgc_collect(rt, 2);
    for (int i = 0; i < 3; i++)
        if (i != _i % 3)
            link_b(c[i], c[_i % 3]);
    hgc_collect(rt, 2);
    begin();
    for (int i = 0; i < 3; i++)
        drop(c[_i < 3 ? i : 2 - i]);
    ck_assert_int_eq((int)run(), 6);
}
END_TEST

/* However they lie, each is looked at a few times only. */
START_TEST(a_common_part_does_not_take_longer_with_each_piece) {
    enum { USERS = 3000 };
    static struct node *users[USERS];
    stress_set(rt, 0);
    struct hgc_object *hub = list();
    for (int i = 0; i < USERS; i++) {
        users[i] = make_cycle(slot_type, 0);
        link_b(users[i], hub);
        push(hub, slot());
        drop(hgc_get_borrow(hub, i));
    }
    push(hub, hub);
    hgc_collect(rt, 2);
    drop(hub);
    for (int i = 0; i < USERS; i++)
        drop(users[i]);
    hgc_add_callback(rt, log_callback, NULL);
    hgc_set_pause(rt, 1);
    stress_set(rt, STRESS_COLLECT);
    drop(slot());
    uint64_t work = 0;
    for (int i = 0; rt->slices; i++) {
        ck_assert_int_lt(i, SLICES_MAX);
        drop(slot());
        work += rt->slices ? rt->slices->work : 0;
    }
    ck_assert_log(START + 2, STOP + 2, 3 * USERS + 1);
    ck_assert_uint_lt(work, 100 * USERS);
}
END_TEST

START_TEST(what_lives_after_all_is_looked_at_once) {
    enum { NODES = 2000 };
    struct node *first = make_node(plain_type, 0), *last = first;
    for (int i = 1; i < NODES; i++) {
        struct node *n = slot();
        link_a(n, last);
        drop(last);
        last = n;
    }
    link_a(first, last);
    struct hgc_object *w = hgc_weakref_new(rt, &first->head, NULL, NULL);
    hgc_collect(rt, 2);
    stress_set(rt, STRESS_SLICES);
    hgc_set_pause(rt, 1);
    drop(last);
    uint64_t work = 0;
    struct hgc_object *rescued_late = NULL;
    do {
        stress_set(rt, STRESS_SLICES | STRESS_COLLECT);
        drop(slot());
        stress_set(rt, STRESS_SLICES);
        if (rt->slices && rt->slices->phase == SLICES_DISPOSE) {
            work += rt->slices->work;
            if (!rescued_late)
                rescued_late = hgc_weakref_get(w);
        }
    } while (rt->slices);
    ck_assert_ptr_eq(rescued_late, first);
    ck_assert_uint_lt(work, 4 * NODES);
    drop(rescued_late);
    drop(w);
    ck_assert_int_eq((int)hgc_collect(rt, 2), NODES);
}
END_TEST

START_TEST(finalizers_run_once_and_by_birth) {
    struct node *a = old_cycle(fin_type, 1);
    begin();
    drop(a);
    ck_assert_int_eq((int)run(), 2);
    ck_assert_log(1, 2);
}
END_TEST

static struct hgc_object *rescued;

static int rescue(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime;
    log_number((int)((struct node *)self)->number);
    hgc_assign(&rescued, self);
    return 0;
}

START_TEST(what_a_finalizer_rescues_lives_on) {
    struct hgc_type *type = make_type("rescued", HGC_TYPE_GC, rescue);
    struct node *a = make_node(type, 1), *b = fin(2);
    link_a(a, b);
    link_a(b, a);
    drop(b);
    hgc_collect(rt, 2);
    begin();
    drop(a);
    ck_assert_int_eq((int)run(), 0);
    ck_assert_log(1, 2);
    ck_assert_ptr_eq(rescued, a);
    ck_assert_ptr_eq(a->a, b);
    hgc_assign(&rescued, NULL);
    ck_assert_int_eq((int)run(), 2);
    ck_assert_log_empty();
}
END_TEST

static int log_death(struct hgc_runtime *runtime, struct hgc_object *weakref, void *arg) {
    (void)runtime;
    ck_assert_ptr_null(hgc_weakref_get(weakref));
    log_number((int)(intptr_t)arg);
    return 0;
}

START_TEST(weak_references_are_called) {
    struct node *a = old_cycle(plain_type, 1);
    struct hgc_object *first = hgc_weakref_new(rt, &a->head, log_death, (void *)1),
                      *second = hgc_weakref_new(rt, &a->head, log_death, (void *)2);
    begin();
    drop(a);
    ck_assert_int_eq((int)run(), 2);
    ck_assert_log(2, 1);
    drop(first);
    drop(second);
}
END_TEST

static int collect_and_freeze(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)self;
    log_number((int)hgc_collect(runtime, 2));
    hgc_freeze(runtime);
    return 0;
}

/* Only the piece whose finalizer it is has gone by then. */
START_TEST(a_finalizer_may_give_it_up) {
    struct node *a = old_cycle(make_type("f", HGC_TYPE_GC, collect_and_freeze), 1);
    struct node *b = old_cycle(slot_type, 0);
    begin();
    drop(a);
    drop(b);
    ck_assert_int_eq((int)run(), 2);
    ck_assert_log(0, 0);
    ck_assert_int_eq((int)hgc_get_freeze_count(rt), 2);
    hgc_unfreeze(rt);
    slice(); /* the whole heap, in one */
    ck_assert_log(START + 2, STOP + 2, 2);
}
END_TEST

static struct hgc_type *make_large_type(void) {
    struct hgc_type_spec spec = {.name = "large",
                                 .size = 1 << 20,
                                 .flags = HGC_TYPE_GC,
                                 .fields = node_fields,
                                 .nfields = 2};
    return hgc_type_new(rt, &spec);
}

/* It could be used for nothing else before. */
START_TEST(the_memory_of_large_objects_goes_back) {
    struct hgc_type *type = make_large_type();
    begin();
    size_t chunks = rt->slabs.space[RESERVE_CYCLIC].count;
    for (int i = 0; i < 4; i++) {
        drop(make_cycle(type, 0));
        ck_assert_int_eq((int)run(), 2);
        ck_assert_log_empty();
        ck_assert_uint_eq(rt->slabs.empty, 0);
        ck_assert_uint_eq(rt->slabs.space[RESERVE_CYCLIC].count, chunks);
    }
}
END_TEST

START_TEST(memory_that_lists_name_stays) {
    struct hgc_type *type = make_large_type();
    begin();
    slice();
    drop(hgc_new(rt, type));
    finish();
    ck_assert_uint_eq(rt->slabs.empty, 1);
    hgc_collect(rt, 0);
    log_count = 0;
    ck_assert_int_eq((int)run(), 0);
    ck_assert_uint_eq(rt->slabs.empty, 0);
}
END_TEST

START_TEST(all_can_be_saved) {
    drop_old_cycles(3);
    begin();
    hgc_set_debug(rt, HGC_DEBUG_SAVEALL);
    ck_assert_int_eq((int)run(), 6);
    hgc_set_debug(rt, 0);
    ck_assert_int_eq((int)hgc_len(hgc_garbage_borrow(rt)), 6);
    hgc_clear(hgc_garbage_borrow(rt));
    ck_assert_int_eq((int)run(), 6);
}
END_TEST

/* --- without memory --- */

/* Whichever allocation fails, of the run's or of the program's: the next run finds everything. */
START_TEST(without_memory_nothing_is_lost) {
    struct node *a = old_cycle(fin_type, 1);
    drop_old_cycles(20);
    begin();
    drop(a);
    for (int i = 0; i < 3000 && collected_by_full_runs() < 42; i++) {
        gc_fail_countdown = i % 7 < 2 ? 1 + i % 3 : 0;
        stress_set(rt, CHECKED | STRESS_COLLECT);
        drop(hgc_new(rt, slot_type));
        stress_set(rt, CHECKED);
        gc_fail_countdown = 0;
        log_count = 0;
    }
    hgc_collect(rt, 2);
    ck_assert_int_eq((int)collected_by_full_runs(), 42);
    log_count = 0;
}
END_TEST

START_TEST(the_end_of_a_runtime_gives_it_up) {
    struct hgc_runtime *outer = rt;
    set_up_runtime();
    drop_old_cycles(4);
    begin();
    slice();
    slice_until((enum slices_phase)_i);
    ck_assert_int_eq(hgc_runtime_free(rt), 0);
    ck_assert_log(START + 2);
    rt = outer;
}
END_TEST

static void add_tests(TCase *tests) {
    int dispose = SLICES_DISPOSE;
    tcase_add_test(tests, many_slices_are_one_collection);
    tcase_add_test(tests, the_young_are_collected_too);
    tcase_add_test(tests, what_becomes_garbage_between_slices_is_the_next_runs);
    tcase_add_test(tests, what_is_recounted_before_it_is_judged_is_the_next_runs);
    tcase_add_test(tests, what_is_closed_by_moves_before_it_is_gathered_is_found);
    tcase_add_test(tests, what_a_slice_frees_does_not_put_young_collections_off);
    tcase_add_loop_test(tests, what_is_rescued_between_slices_lives, 0, dispose + 1);
    tcase_add_loop_test(tests, lists_of_objects_rescue_too, 0, dispose + 1);
    tcase_add_loop_test(tests, a_whole_collection_gives_it_up, 0, dispose + 1);
    tcase_add_loop_test(tests, young_collections_come_between, 0, dispose + 1);
    tcase_add_loop_test(tests, members_may_die_and_their_slots_be_used, 0, dispose + 1);
    tcase_add_test(tests, freezing_gives_it_up);
    tcase_add_test(tests, looking_for_a_path_gives_it_up);
    tcase_add_loop_test(tests, it_waits_while_disabled, 0, 3);
    tcase_add_test(tests, without_room_for_slices_collections_are_atomic);
    tcase_add_test(tests, without_a_pause_the_next_slice_is_the_last);
    tcase_add_test(tests, a_large_heap_is_collected_in_slices);
    tcase_add_loop_test(tests, what_many_refer_to_goes_with_the_last_of_them, 0, 6);
    tcase_add_test(tests, a_common_part_does_not_take_longer_with_each_piece);
    tcase_add_test(tests, what_lives_after_all_is_looked_at_once);
    tcase_add_test(tests, finalizers_run_once_and_by_birth);
    tcase_add_test(tests, what_a_finalizer_rescues_lives_on);
    tcase_add_test(tests, weak_references_are_called);
    tcase_add_test(tests, a_finalizer_may_give_it_up);
    tcase_add_test(tests, the_memory_of_large_objects_goes_back);
    tcase_add_test(tests, memory_that_lists_name_stays);
    tcase_add_test(tests, all_can_be_saved);
    tcase_add_test(tests, without_memory_nothing_is_lost);
    tcase_add_loop_test(tests, the_end_of_a_runtime_gives_it_up, 0, dispose + 1);
}

int main(void) {
    return run_suite("gc pause", add_tests);
}

/* How collections find what they find: what they remember to look at, the pass over the whole heap,
 * and what becomes of a collection when memory ends. A second collector checks each (stress.h). */
#include "gc_fixture.h"
#include "gc/fail.h"

/* --- suspicion: a cycle whose last event was at a young object, and goes through old ones --- */

/* Runs of younger generations do not see it; the full one does. */
static void check_found_in_the_end(int objects) {
    ck_assert_int_eq(hgc_collect(rt, 0), 0);
    ck_assert_int_eq(hgc_collect(rt, 1), 0);
    ck_assert_int_eq(hgc_collect(rt, 2), objects);
}

START_TEST(a_cycle_through_an_old_class_is_found) {
    for (int inherited = 0; inherited < 2; inherited++) {
        struct hgc_object *base = hgc_class_new(rt, "Base", NULL, NULL, 0, NULL);
        struct hgc_object *cls =
            inherited ? hgc_class_new(rt, "Class", base, NULL, 0, NULL) : hgc_incref(base);
        ck_assert_int_eq(hgc_attr_set(base, "young", hgc_none(rt)), 0);
        drop(base);
        hgc_collect(rt, 2);
        struct node *young = slot();
        ck_assert_int_eq(hgc_attr_set(base, "young", &young->head), 0);
        move_into(young, cls);
        drop(young);
        check_found_in_the_end(3 + inherited); /* with the dict of attributes */
    }
}
END_TEST

START_TEST(a_class_that_its_instances_hold_is_found) {
    struct hgc_object *cls = hgc_class_new(rt, "Class", NULL, NULL, 0, NULL);
    struct hgc_object *o = hgc_instance_new(cls);
    ck_assert_int_eq(hgc_attr_set(cls, "instance", o), 0);
    drop(o);
    drop(cls);
    ck_assert_int_eq(hgc_collect(rt, 2), 3);
}
END_TEST

/* The suspect is not what the run begins with: another young object leads to it first. */
START_TEST(suspicion_is_handed_to_what_leads_to_the_suspect) {
    struct node *old = slot(), *older = slot();
    link_b(old, older);
    drop(older);
    hgc_collect(rt, 2);
    struct node *before = slot(), *young = slot();
    link_a(before, young);
    link_a(older, before);
    link_a(old, young);
    young->b = &before->head;
    move_into(young, old);
    drop(young);
    check_found_in_the_end(4);
}
END_TEST

START_TEST(suspicion_ends_where_nothing_older_is_reached) {
    enum { N = 100 };
    struct node *n[N];
    for (int i = 0; i < N; i++) {
        n[i] = slot();
        if (i) {
            link_a(n[i - 1], n[i]);
            link_b(n[i], n[i - 1]);
        }
        drop(hgc_incref(&n[i]->head)); /* an event */
    }
    for (int g = 0; g < 2; g++)
        hgc_collect(rt, g);
    ck_assert_int_eq(hgc_get_generation(&n[0]->head), 2);
    ck_assert_uint_eq(rt->noted[2].count, 0);
    for (int i = 0; i < N; i++)
        drop(n[i]);
    ck_assert_int_eq(hgc_collect(rt, 2), N);
}
END_TEST

/* --- the whole heap --- */

START_TEST(frozen_objects_do_not_hide_trash) {
    struct node *cold = slot(), *live = slot();
    hgc_freeze(rt);
    hgc_unfreeze(rt); /* so that the next full run goes over the whole heap */
    hgc_freeze(rt);
    ck_assert_int_eq(hgc_get_freeze_count(rt), 2);
    drop(live);
    live = slot();
    link_a(live, cold);
    drop_list_cycle();
    ck_assert_int_eq(rt->whole_pass_due, 1);
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
    ck_assert_int_eq(rt->whole_pass_due, 0);
    drop(live);
    drop(cold);
}
END_TEST

/* What has been counted by following leaves no trace in the pass that then is made. */
START_TEST(trash_leads_to_more_than_is_worth_following) {
    enum { N = 2000 };
    struct node *n[N], *trash = slot();
    for (int i = 0; i < N; i++) {
        n[i] = slot();
        link_a(n[i], i ? n[i - 1] : NULL);
    }
    link_a(trash, trash);
    link_b(trash, n[N - 1]);
    for (int i = 0; i < N - 1; i++)
        drop(n[i]);
    hgc_collect(rt, 2);
    ck_assert_uint_eq(rt->noted[2].count, 0);
    drop(trash);
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
    ck_assert_uint_eq(hgc_get_refcount(&n[N - 1]->head), 1);
    drop(n[N - 1]);
}
END_TEST

struct single {
    struct hgc_object head;
    struct hgc_object *field;
};

/* The smallest objects, up to the end of a chunk and beyond. Their fields lead nowhere, to what is
 * no part of this, to themselves (which are trash then), or far away. */
START_TEST(fields_lead_anywhere) {
    enum { PER_SLAB = (SLAB_SIZE - SLAB_HEADER) / sizeof(struct single), TRASH = 1000 };
    enum { N = PER_SLAB * SLAB_UNITS + PER_SLAB / 2 };
    static const uint16_t offset[] = {offsetof(struct single, field)};
    static struct single *o[N];
    struct hgc_type_spec spec = {
        .name = "single", .size = sizeof **o, .flags = HGC_TYPE_GC, .fields = offset, .nfields = 1};
    struct hgc_type *type = hgc_type_new(rt, &spec);
    struct hgc_object *number = hgc_int_new(rt, 1000);
    for (int i = 0; i < N; i++)
        o[i] = (struct single *)hgc_new(rt, type);
    for (int i = 0; i < N; i++) {
        int far = (int)((int64_t)i * 7919 % N), is_trash = i % TRASH == 7;
        struct hgc_object *to[] = {NULL, number, &o[far % TRASH == 7 ? 0 : far]->head};
        hgc_assign(&o[i]->field, is_trash ? &o[i]->head : to[i % 3]);
    }
    for (int i = 7; i < N; i += TRASH)
        drop(o[i]);
    hgc_freeze(rt);
    hgc_unfreeze(rt); /* a whole pass is due */
    ck_assert_int_eq(hgc_collect(rt, 2), (N - 7 + TRASH - 1) / TRASH);
    for (int i = 0; i < N; i++)
        if (i % TRASH != 7)
            drop(o[i]);
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
    drop(number);
}
END_TEST

/* Scratch has a byte for an object; the few that have more references are counted elsewhere. */
START_TEST(any_number_of_references_is_counted) {
    enum { N = 400 };
    static struct node *n[N];
    for (int live = 0; live < 2; live++) {
        for (int i = 0; i < N; i++) {
            struct hgc_object *l = list();
            n[i] = slot();
            for (int j = 0; j < 250 + i % 10 + i / 100 * 100; j++)
                push(l, n[i]);
            link_a(n[i], l);
            drop(l);
        }
        for (int i = 0; i < N && !live; i++)
            drop(n[i]);
        ck_assert_int_eq(hgc_collect(rt, 2), live ? 0 : 2 * N);
    }
    for (int i = 0; i < N; i++)
        drop(n[i]);
    ck_assert_int_eq(hgc_collect(rt, 2), 2 * N);
}
END_TEST

/* --- the end of memory --- */

static struct hgc_object *live;

static void make_live(int n) {
    for (int i = 0; i < n; i++) {
        struct node *item = slot();
        push(live, item);
        drop(item);
    }
}

/* Live objects of generations 0 and 1, trash, and a cycle through an old object; returns how much
 * trash there is. None but the last, and the lists of the runtime have room for nothing yet. */
static int64_t build(int n) {
    struct node *old = slot();
    hgc_collect(rt, 2);
    live = list();
    make_live(n);
    if (n)
        hgc_collect(rt, 0);
    make_live(2 * n);
    for (int i = 0; i < 3 * n; i++)
        drop_list_cycle();
    struct node *young = slot(), *between = slot();
    link_a(young, between);
    link_a(old, young);
    move_into(between, old);
    drop(between);
    drop(young);
    return 3 * n + 3;
}

/* One collection without the Nth allocation, then as many as it takes to find everything. Returns
 * whether the first had enough memory. */
static int collect_without(int64_t allocation, int g, int64_t trash) {
    gc_fail_countdown = allocation;
    int64_t found = hgc_collect(rt, g);
    int had_enough = gc_fail_countdown > 0;
    gc_fail_countdown = 0;
    if (found < 0) {
        ck_assert_int_eq(hgc_error(rt)->code, HEAPLINE_NO_MEMORY);
        found = hgc_collect(rt, g);
    }
    for (; g < 3; g++)
        found += hgc_collect(rt, g);
    ck_assert_int_eq(found, trash);
    return had_enough;
}

START_TEST(a_collection_without_memory_can_be_made_again) {
    int g = _i % 3, n = _i < 3 ? 0 : 1500, failures = 0, had_enough = 0;
    for (; !had_enough; failures++) {
        tear_down_runtime();
        set_up_runtime();
        int64_t trash = build(n);
        had_enough = collect_without(failures + 1, g, trash);
        ck_assert_int_eq(hgc_len(live), 3 * n);
        drop(live);
    }
    int whole =
        n && g == 2; /* goes over the whole heap, which needs memory for long ways back only */
    ck_assert_int_gt(failures, whole ? 0 : n ? 2 : 1);
}
END_TEST

/* What it has looked at so far is nobody's suspect any more. */
START_TEST(a_whole_pass_without_memory_is_made_again) {
    struct node *behind = slot(), *ahead = slot();
    link_a(ahead, behind); /* a way back */
    drop(behind);
    drop_list_cycle();
    hgc_freeze(rt);
    hgc_unfreeze(rt); /* no list names what was frozen */
    gc_fail_countdown = 1;
    ck_assert_int_eq(hgc_collect(rt, 2), -1);
    ck_assert_int_eq(gc_fail_countdown, 0);
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
    drop(ahead);
}
END_TEST

/* It has passed by the trash when it comes to what it has to go back for, which takes memory. */
START_TEST(suspects_survive_a_whole_pass_without_memory) {
    hgc_freeze(rt);
    hgc_unfreeze(rt); /* a whole pass is due */
    struct node *trash = slot(), *behind = slot(), *ahead = slot();
    link_a(trash, trash);
    hgc_collect(rt, 0);
    vector_fini(&rt->idle_run->stack); /* it has left room there */
    link_a(ahead, behind);
    drop(behind);
    drop(trash);
    gc_fail_countdown = 1;
    ck_assert_int_eq(hgc_collect(rt, 2), -1);
    ck_assert_int_eq(gc_fail_countdown, 0);
    ck_assert_int_eq(hgc_collect(rt, 1), 1);
    drop(ahead);
}
END_TEST

static int count_call(struct hgc_runtime *runtime, struct hgc_object *w, void *arg) {
    (void)runtime, (void)w;
    ++*(int *)arg;
    return 0;
}

START_TEST(no_callback_is_lost_without_memory) {
    enum { N = 1500 };
    static struct hgc_object *w[N];
    int failures = 0, had_enough = 0;
    for (; !had_enough; failures++) {
        int calls = 0;
        tear_down_runtime();
        set_up_runtime();
        for (int i = 0; i < N; i++) {
            struct node *n = make_node(plain_type, i);
            w[i] = hgc_weakref_new(rt, &n->head, count_call, &calls);
            link_a(n, n);
            drop(n);
        }
        had_enough = collect_without(failures + 1, 2, N);
        ck_assert_int_eq(calls, N);
        for (int i = 0; i < N; i++)
            drop(w[i]);
    }
    ck_assert_int_gt(failures, 3);
}
END_TEST

/* --- memory that goes back --- */

static unsigned count_slabs(void) {
    struct slab_cursor c = {0};
    unsigned count = 0;
    while (slab_next(&rt->slabs, RESERVE_CYCLIC, &c))
        count++;
    return count;
}

static void make_and_drop(int n) {
    struct hgc_object *l = list();
    for (int i = 0; i < n; i++) {
        struct node *item = slot();
        push(l, item);
        drop(item);
    }
    drop(l);
}

START_TEST(a_full_collection_gives_empty_slabs_back) {
    make_and_drop(300000); /* several chunks */
    ck_assert_uint_gt(count_slabs(), 20);
    hgc_collect(rt, 2);
    ck_assert_uint_le(count_slabs(), 4);
}
END_TEST

struct wide {
    struct hgc_object head;
    uint64_t words[12];
};

static int make_and_drop_at_the_end(struct hgc_runtime *runtime, int stop,
                                    const struct hgc_info *info, void *arg) {
    (void)runtime, (void)info, (void)arg;
    if (stop)
        make_and_drop(5000);
    return 0;
}

/* Lists name the slots of what its callback has made and dropped: those keep their size for now. */
START_TEST(slabs_that_lists_name_are_kept) {
    enum { N = 4000 };
    struct hgc_type_spec spec = {.name = "wide", .size = sizeof(struct wide), .flags = HGC_TYPE_GC};
    struct hgc_type *type = hgc_type_new(rt, &spec);
    struct hgc_object *wide[N];
    hgc_add_callback(rt, make_and_drop_at_the_end, NULL);
    hgc_collect(rt, 2);
    hgc_remove_callback(rt, make_and_drop_at_the_end, NULL);
    for (int i = 0; i < N; i++) {
        wide[i] = hgc_new(rt, type);
        memset(((struct wide *)wide[i])->words, 0xFF, sizeof(uint64_t) * 12);
    }
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < 12; j++)
            ck_assert_uint_eq(((struct wide *)wide[i])->words[j], UINT64_MAX);
        drop(wide[i]);
    }
}
END_TEST

/* One object in each chunk keeps it from going back; the rest of it is for whoever wants it. */
START_TEST(chunks_in_use_are_filled_up) {
    enum { NODES = 100000, WIDE = 30000 };
    static struct hgc_object *wide[WIDE];
    static struct node *n[NODES];
    struct hgc_type_spec spec = {.name = "wide", .size = sizeof(struct wide), .flags = HGC_TYPE_GC};
    struct hgc_type *type = hgc_type_new(rt, &spec);
    for (int i = 0; i < NODES; i++)
        n[i] = slot();
    size_t chunks = rt->slabs.space[RESERVE_CYCLIC].count;
    ck_assert_uint_ge(chunks, 2);
    for (int i = 1; i < NODES - 1; i++)
        drop(n[i]);
    hgc_collect(rt, 2);
    ck_assert_uint_eq(rt->slabs.space[RESERVE_CYCLIC].count, chunks);
    for (int i = 0; i < WIDE; i++)
        wide[i] = hgc_new(rt, type);
    ck_assert_uint_eq(rt->slabs.space[RESERVE_CYCLIC].count, chunks);
    for (int i = 0; i < WIDE; i++)
        drop(wide[i]);
    drop(n[0]);
    drop(n[NODES - 1]);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, a_cycle_through_an_old_class_is_found);
    tcase_add_test(tests, a_class_that_its_instances_hold_is_found);
    tcase_add_test(tests, suspicion_is_handed_to_what_leads_to_the_suspect);
    tcase_add_test(tests, suspicion_ends_where_nothing_older_is_reached);
    tcase_add_test(tests, frozen_objects_do_not_hide_trash);
    tcase_add_test(tests, trash_leads_to_more_than_is_worth_following);
    tcase_add_test(tests, fields_lead_anywhere);
    tcase_add_test(tests, any_number_of_references_is_counted);
    tcase_add_loop_test(tests, a_collection_without_memory_can_be_made_again, 0, 6);
    tcase_add_test(tests, a_whole_pass_without_memory_is_made_again);
    tcase_add_test(tests, suspects_survive_a_whole_pass_without_memory);
    tcase_add_test(tests, no_callback_is_lost_without_memory);
    tcase_add_test(tests, a_full_collection_gives_empty_slabs_back);
    tcase_add_test(tests, chunks_in_use_are_filled_up);
    tcase_add_test(tests, slabs_that_lists_name_are_kept);
}

int main(void) {
    return run_suite("gc tracing", add_tests);
}

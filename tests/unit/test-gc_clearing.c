/* What becomes of trash: it dies as a whole, whoever clears it, and its memory comes back. */
#include <stdio.h>
#include "gc_fixture.h"

static int visit_fields(struct hgc_object *self, hgc_visit_fn *visit, void *arg) {
    struct node *n = (struct node *)self;
    int result = n->a ? visit(n->a, arg) : 0;
    return result || !n->b ? result : visit(n->b, arg);
}

static void drop_fields(struct hgc_object *self) {
    hgc_assign(&((struct node *)self)->a, NULL);
    hgc_assign(&((struct node *)self)->b, NULL);
}

static struct hgc_type *make_custom(void (*clear)(struct hgc_object *),
                                    void (*dealloc)(struct hgc_object *)) {
    struct hgc_type_spec spec = {.name = "custom",
                                 .size = sizeof(struct node),
                                 .flags = HGC_TYPE_GC,
                                 .traverse = visit_fields,
                                 .clear = clear,
                                 .dealloc = dealloc};
    struct hgc_type *type = hgc_type_new(rt, &spec);
    ck_assert_ptr_nonnull(type);
    return type;
}

/* As in CPython: what has no clear is counted, and lives on, older. */
START_TEST(a_cycle_that_nobody_breaks_is_found_again) {
    struct node *n = make_node(make_custom(NULL, drop_fields), 0);
    link_a(n, n);
    drop(n);
    for (int g = 0; g < 3; g++) {
        ck_assert_int_eq(hgc_collect(rt, g), 1);
        ck_assert_int_eq(hgc_get_generation(&n->head), g < 2 ? g + 1 : 2);
    }
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
    link_a(n, NULL);
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
}
END_TEST

static void log_dealloc(struct hgc_object *self) {
    log_number((int)((struct node *)self)->number);
    drop_fields(self);
}

static void collecting_dealloc(struct hgc_object *self) {
    if (((struct node *)self)->number == 1)
        log_number((int)hgc_collect(rt, 2));
    drop_fields(self);
}

/* However deep deallocs are nested, those of a collection inside of them are done when it ends. */
START_TEST(a_collection_in_a_nested_dealloc_finishes_its_trash) {
    struct hgc_type *logs = make_custom(drop_fields, log_dealloc);
    struct hgc_type *collects = make_custom(drop_fields, collecting_dealloc);
    for (int depth = 45; depth < 55; depth++) {
        struct node *o = make_node(collects, 1), *trash[2];
        for (int i = 1; i < depth; i++) {
            struct node *outer = make_node(collects, 0);
            link_a(outer, o);
            drop(o);
            o = outer;
        }
        for (int i = 0; i < 2; i++)
            trash[i] = make_node(logs, 7);
        link_a(trash[0], trash[1]);
        link_a(trash[1], trash[0]);
        drop(trash[0]);
        drop(trash[1]);
        drop(o);
        ck_assert_log(7, 7, 2);
    }
}
END_TEST

static int change_list;

/* The list that holds self is in the middle of its clearing; it is empty then. */
static void dealloc_that_changes_its_list(struct hgc_object *self) {
    struct hgc_object *l = ((struct node *)self)->a;
    log_number((int)hgc_len(l));
    if (change_list)
        ck_assert_int_eq(hgc_clear(l), 0);
    else
        push(l, hgc_none(rt));
    drop_fields(self);
}

START_TEST(deallocs_may_change_a_list_that_is_cleared) {
    struct hgc_type *type = make_custom(NULL, dealloc_that_changes_its_list);
    for (change_list = 0; change_list < 2; change_list++) {
        struct hgc_object *l = list();
        struct node *n = make_node(type, 0);
        for (int i = 0; i < 200; i++)
            push(l, l);
        link_a(n, l);
        push(l, n);
        drop(n);
        drop(l);
        ck_assert_int_eq(hgc_collect(rt, 2), 2);
        ck_assert_log(0);
    }
}
END_TEST

/* A legacy finalizer's object is set aside, then dies of the clearing after all. */
START_TEST(what_the_clearing_frees_is_not_uncollectable) {
    struct hgc_type *legacy =
        make_type("legacy", HGC_TYPE_GC | HGC_TYPE_LEGACY_FINALIZE, log_finalizer);
    struct node *trash = slot(), *hanging = make_node(legacy, 1);
    struct hgc_stats stats[3];
    link_a(trash, trash);
    link_b(trash, hanging);
    drop(hanging);
    drop(trash);
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
    ck_assert_log(1);
    hgc_get_stats(rt, stats);
    ck_assert_uint_eq(stats[2].uncollectable, 0);
    ck_assert_int_eq(hgc_len(hgc_garbage_borrow(rt)), 0);
}
END_TEST

static int freeze(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)self;
    hgc_freeze(runtime);
    log_number((int)hgc_get_freeze_count(runtime));
    return 0;
}

START_TEST(freezing_in_a_finalizer_leaves_the_trash) {
    struct node *trash = make_node(make_type("f", HGC_TYPE_GC, freeze), 0), *live = slot();
    link_a(trash, trash);
    drop(trash);
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
    ck_assert_int_eq(hgc_get_freeze_count(rt), 1);
    ck_assert_log(1);
    hgc_unfreeze(rt);
    drop(live);
}
END_TEST

static struct hgc_object *kept;

static int keep_thrice(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime;
    log_number(hgc_is_finalized(self));
    if (log_count < 3)
        hgc_assign(&kept, self);
    return 0;
}

START_TEST(legacy_finalizers_run_at_each_death) {
    drop(make_node(make_type("legacy", HGC_TYPE_GC | HGC_TYPE_LEGACY_FINALIZE, keep_thrice), 1));
    while (kept) {
        ck_assert_int_eq(hgc_is_finalized(kept), 0);
        hgc_assign(&kept, NULL);
    }
    ck_assert_log(0, 0, 0);
}
END_TEST

static int make_and_keep(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime, (void)self;
    for (int i = 0; i < 100; i++) {
        struct node *n = make_node(plain_type, i);
        push(kept, n);
        drop(n);
    }
    log_number((int)hgc_len(kept));
    return 0;
}

/* A ring in which each member knows the one before, too: however far its clearing has come, others
 * may use the slots, and nobody touches what they keep there. */
START_TEST(what_dies_with_the_trash_may_use_its_memory) {
    enum { RING = 60 };
    struct hgc_type *keeper = make_type("keeper", 0, make_and_keep);
    kept = list();
    struct node *ring[RING];
    for (int i = 0; i < RING; i++)
        ring[i] = make_node(plain_type, i);
    for (int i = 0; i < RING; i++) {
        link_a(ring[i], ring[(i + 1) % RING]);
        link_b(ring[i], ring[(i + RING - 1) % RING]);
    }
    for (int i = 20; i < RING; i += 20) {
        struct node *leaf = make_node(keeper, 0);
        link_b(ring[i], leaf);
        drop(leaf);
    }
    for (int i = 0; i < RING; i++)
        drop(ring[i]);
    ck_assert_int_eq(hgc_collect(rt, 2), RING);
    ck_assert_log(100, 200);
    for (int i = 0; i < 200; i++) {
        struct hgc_object *o = hgc_get(kept, i);
        ck_assert_uint_eq(hgc_get_refcount(o), 2);
        drop(o);
    }
    hgc_assign(&kept, NULL);
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
}
END_TEST

/* --- the last instance takes its class along --- */

static int collect_and_log(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)self;
    log_number((int)hgc_collect(runtime, 2));
    return 0;
}

/* An instance whose class only it holds, and the class an object with this finalizer. */
static struct hgc_object *last_instance(int (*finalize)(struct hgc_runtime *, struct hgc_object *),
                                        const char *const *slots, void *with) {
    struct hgc_object *cls = hgc_class_new(rt, "Class", NULL, slots, 1, NULL);
    struct node *n = make_node(make_type("f", HGC_TYPE_GC, finalize), 0);
    struct hgc_object *o = hgc_instance_new(cls);
    link_a(n, with);
    ck_assert_int_eq(hgc_attr_set(cls, "attribute", &n->head), 0);
    drop(n);
    drop(cls);
    return o;
}

static const char *const one_slot[] = {"x"};

/* What only the instance refers to has died before the class does. */
START_TEST(a_dying_class_may_collect) {
    for (int i = 0; i < 2; i++) {
        struct hgc_object *o = last_instance(collect_and_log, i ? one_slot : NULL, NULL);
        struct hgc_object *l = list();
        ck_assert_int_eq(hgc_attr_set(o, "x", l), 0);
        drop(l);
        drop(o);
        ck_assert_log(0);
        ck_assert_int_eq(hgc_collect(rt, 2), 0);
    }
}
END_TEST

static int drop_a(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime;
    hgc_assign(&((struct node *)self)->a, NULL);
    return 0;
}

static int log_weakref(struct hgc_runtime *runtime, struct hgc_object *w, void *arg) {
    (void)runtime, (void)w, (void)arg;
    log_number(1);
    return 0;
}

START_TEST(a_weak_reference_dies_before_the_class_of_its_owner) {
    struct node *referent = make_node(plain_type, 0);
    struct hgc_object *o = last_instance(drop_a, NULL, referent);
    struct hgc_object *w = hgc_weakref_new(rt, &referent->head, log_weakref, NULL);
    ck_assert_int_eq(hgc_attr_set(o, "x", w), 0);
    drop(w);
    drop(referent);
    drop(o);
    ck_assert_log_empty();
}
END_TEST

/* Each instance is the last of its class, whose attribute is the next. */
START_TEST(classes_die_at_any_depth) {
    enum { DEPTH = 60000 };
    struct hgc_object *inner = list();
    for (int i = 0; i < DEPTH; i++) {
        struct hgc_object *cls = hgc_class_new(rt, "Class", NULL, NULL, 0, NULL);
        ck_assert_int_eq(hgc_attr_set(cls, "inner", inner), 0);
        drop(inner);
        inner = hgc_instance_new(cls);
        drop(cls);
    }
    drop(inner);
    struct hgc_object *left = hgc_get_objects(rt, -1);
    ck_assert_int_eq(hgc_len(left), 0);
    drop(left);
}
END_TEST

START_TEST(long_deletions_give_their_storage_back) {
    enum { N = 1000 };
    struct hgc_object *l = list();
    size_t before = slab_bytes();
    for (int i = 0; i < N; i++)
        push(l, l);
    size_t full = slab_bytes();
    ck_assert_int_eq(hgc_list_delete(l, 0, N - 10), 0);
    ck_assert_uint_lt(slab_bytes() - before, (full - before) / 2);
    ck_assert_int_eq(hgc_list_delete(l, 0, 10), 0);
    ck_assert_uint_eq(slab_bytes(), before);
    drop(l);
}
END_TEST

START_TEST(a_dict_in_its_own_key_is_found) {
    struct hgc_object *d = hgc_dict_new(rt);
    struct node *n = slot();
    struct hgc_object *key = hgc_tuple_new(rt, (struct hgc_object *[]){&n->head}, 1);
    link_a(n, d);
    ck_assert_int_eq(hgc_dict_set(d, key, hgc_none(rt)), 0);
    ck_assert_int_eq(hgc_is_tracked(d), 1);
    drop(key);
    drop(n);
    drop(d);
    ck_assert_int_eq(hgc_collect(rt, 2), 3);
}
END_TEST

/* What dies of a clearing, one by one, is nobody's suspect. */
START_TEST(old_trash_leaves_no_suspects) {
    struct hgc_type *type = make_custom(drop_fields, drop_fields);
    struct node *n[3];
    for (int i = 0; i < 3; i++)
        n[i] = make_node(type, i);
    for (int i = 0; i < 3; i++) {
        link_a(n[i], n[(i + 1) % 3]);
        link_b(n[i], n[(i + 2) % 3]);
    }
    hgc_collect(rt, 2);
    for (int i = 0; i < 3; i++)
        drop(n[i]);
    ck_assert_int_eq(hgc_collect(rt, 2), 3);
    ck_assert_uint_eq(rt->noted[2].count, 0);
}
END_TEST

START_TEST(collected_containers_give_their_storage_back) {
    struct hgc_object *cls = hgc_class_new(rt, "Class", NULL, NULL, 0, NULL);
    size_t before = 0;
    for (int round = 0; round < 2; round++) {
        struct hgc_object *l = list(), *d = hgc_dict_new(rt), *o = hgc_instance_new(cls);
        for (int i = 0; i < 100; i++)
            push(l, d);
        for (int i = 0; i < 100; i++) {
            struct hgc_object *key = hgc_int_new(rt, i);
            ck_assert_int_eq(hgc_dict_set(d, key, o), 0);
            drop(key);
        }
        ck_assert_int_eq(hgc_attr_set(o, "list", l), 0);
        drop(l);
        drop(d);
        drop(o);
        ck_assert_int_eq(hgc_collect(rt, 2), 3);
        if (round) /* in the first the class has learned a name */
            ck_assert_uint_eq(slab_bytes(), before);
        before = slab_bytes();
    }
    drop(cls);
}
END_TEST

/* --- the end of a runtime --- */

static int64_t pages_mapped(void) {
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fscanf(f, "%ld", &pages), 1);
    fclose(f);
    return pages;
}

START_TEST(what_c_code_still_holds_gives_its_memory_back) {
    enum { ROUNDS = 50, ITEMS = 200000 };
    static struct hgc_object *items[ITEMS];
    struct hgc_runtime *outer = rt;
    int64_t before = 0;
    for (int round = 0; round < ROUNDS; round++) {
        rt = hgc_runtime_new(NULL);
        struct node *held = make_node(make_custom(drop_fields, log_dealloc), 1);
        for (int i = 0; i < ITEMS; i++)
            items[i] = hgc_none(rt);
        hgc_list_new(rt, items, ITEMS);
        link_a(held, held);
        ck_assert_int_eq(hgc_runtime_free(rt), 2);
        ck_assert_log(1);
        if (round == 1)
            before = pages_mapped();
    }
    rt = outer;
    ck_assert_int_lt(pages_mapped() - before, ROUNDS * ITEMS * 8 / 4096 / 4);
}
END_TEST

static struct hgc_type *litter_type;

static int leave_dead_objects(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)self;
    for (int i = 0; i < 10; i++)
        drop(hgc_new(runtime, litter_type));
    return 0;
}

START_TEST(what_finalizers_make_and_drop_at_the_end_is_not_held) {
    struct hgc_runtime *outer = rt;
    rt = hgc_runtime_new(NULL);
    litter_type = make_type_of(offsetof(struct node, number), "litter", HGC_TYPE_GC, NULL);
    struct node *n = make_node(make_type("n", HGC_TYPE_GC, leave_dead_objects), 0);
    link_a(n, n);
    drop(n);
    ck_assert_int_eq(hgc_runtime_free(rt), 0);
    rt = outer;
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, what_finalizers_make_and_drop_at_the_end_is_not_held);
    tcase_add_test(tests, a_cycle_that_nobody_breaks_is_found_again);
    tcase_add_test(tests, a_collection_in_a_nested_dealloc_finishes_its_trash);
    tcase_add_test(tests, deallocs_may_change_a_list_that_is_cleared);
    tcase_add_test(tests, what_the_clearing_frees_is_not_uncollectable);
    tcase_add_test(tests, freezing_in_a_finalizer_leaves_the_trash);
    tcase_add_test(tests, legacy_finalizers_run_at_each_death);
    tcase_add_test(tests, what_dies_with_the_trash_may_use_its_memory);
    tcase_add_test(tests, long_deletions_give_their_storage_back);
    tcase_add_test(tests, a_dict_in_its_own_key_is_found);
    tcase_add_test(tests, old_trash_leaves_no_suspects);
    tcase_add_test(tests, a_dying_class_may_collect);
    tcase_add_test(tests, classes_die_at_any_depth);
    tcase_add_test(tests, a_weak_reference_dies_before_the_class_of_its_owner);
    tcase_add_test(tests, what_c_code_still_holds_gives_its_memory_back);
    tcase_add_test(tests, collected_containers_give_their_storage_back);
}

int main(void) {
    return run_suite("gc clearing", add_tests);
}

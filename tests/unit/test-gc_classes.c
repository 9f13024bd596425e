/* Types, classes made at run time, and their instances. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "gc_fixture.h"

static void set(struct hgc_object *o, const char *name, struct hgc_object *value) {
    ck_assert_int_eq(hgc_attr_set(o, name, value), 0);
}

static void check_attribute(struct hgc_object *o, const char *name, struct hgc_object *value) {
    struct hgc_object *got = hgc_attr_get(o, name);
    ck_assert_ptr_eq(got, value);
    drop(got);
}

START_TEST(attributes_on_demand) {
    struct hgc_object *cls = hgc_class_new(rt, "C", NULL, NULL, 0, NULL);
    struct hgc_object *a = hgc_instance_new(cls), *b = hgc_instance_new(cls);
    char name[16];
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "name%d", i);
        set(i % 2 ? a : b, name, hgc_int_new(rt, i));
    }
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "name%d", i);
        check_attribute(i % 2 ? a : b, name, hgc_int_new(rt, i));
        check_attribute(i % 2 ? b : a, name, NULL);
    }
    check_error(HEAPLINE_NO_KEY);
    ck_assert_int_eq(hgc_attr_delete(a, "name1"), 0);
    ck_assert_int_eq(hgc_attr_delete(a, "name1"), -1);
    check_attribute(a, "name1", NULL);
    ck_assert_ptr_eq(hgc_class_of_borrow(a), cls);
    ck_assert_ptr_null(hgc_class_of_borrow(cls));
    drop(a);
    drop(b);
    drop(cls);
}
END_TEST

START_TEST(slots_are_all_there_is) {
    static const char *const slots[] = {"x", "y"}, *const more[] = {"z", "x"};
    struct hgc_object *cls = hgc_class_new(rt, "S", NULL, slots, 2, NULL);
    struct hgc_object *derived = hgc_class_new(rt, "D", cls, more, 2, NULL);
    struct hgc_object *o = hgc_instance_new(cls), *p = hgc_instance_new(derived);
    set(o, "x", hgc_int_new(rt, 1));
    ck_assert_int_eq(hgc_attr_set(o, "z", hgc_none(rt)), -1);
    check_error(HEAPLINE_NO_KEY);
    set(p, "x", hgc_int_new(rt, 2));
    set(p, "y", hgc_int_new(rt, 3));
    set(p, "z", hgc_int_new(rt, 4));
    check_attribute(p, "y", hgc_int_new(rt, 3));
    check_attribute(p, "z", hgc_int_new(rt, 4));
    drop(derived);
    drop(cls);
    drop(o);
    drop(p);
}
END_TEST

/* A page that ends where no memory is. */
static char *page_with_an_end(size_t size) {
    char *page = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(page, MAP_FAILED);
    ck_assert_int_eq(mprotect(page + size, size, PROT_NONE), 0);
    return page;
}

/* `name` stands in front of `end`; the texts differ in one character from those that were there
 * before, or in their length. */
static void check_texts(char *name, const char *end, size_t length) {
    char texts[2][32] = {{0}, {0}};
    memset(texts[0], 'n', length);
    memset(texts[1], 'n', length);
    texts[1][length - 1] = 'm';
    const char *const slots[] = {texts[0], texts[1]};
    struct hgc_object *cls = hgc_class_new(rt, "S", NULL, slots, 2, NULL);
    struct hgc_object *o = hgc_instance_new(cls);
    for (int i = 0; i < 6; i++) {
        strcpy(name, texts[i % 2]);
        if (i < 2)
            set(o, name, hgc_int_new(rt, i));
        check_attribute(o, name, hgc_int_new(rt, i % 2));
        check_attribute(o, name, hgc_int_new(rt, i % 2));
    }
    name[length - 1] = '\0';
    check_attribute(o, name, NULL);
    if (name + length + 1 < end) {
        strcpy(name, texts[1]);
        name[length] = 'm';
        name[length + 1] = '\0';
        check_attribute(o, name, NULL);
    }
    drop(cls);
    drop(o);
}

START_TEST(names_are_known_by_their_texts) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = page_with_an_end(page), *end = memory + page;
    stress_set(rt, 0); /* or all is looked for slowly */
    for (size_t length = 1; length < 20; length++)
        for (size_t behind = 1; behind <= 8; behind++)
            check_texts(end - length - behind, end, length);
    munmap(memory, 2 * page);
}
END_TEST

static size_t size_with_attributes(struct hgc_object *cls, int count) {
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    struct hgc_object *o = hgc_instance_new(cls);
    for (int i = 0; i < count; i++)
        set(o, names[i], hgc_none(rt));
    size_t size = hgc_get_size(o);
    drop(o);
    return size;
}

START_TEST(slots_take_less_than_attributes_on_demand) {
    static const char *const slots[] = {"a", "b"};
    struct hgc_object *with = hgc_class_new(rt, "S", NULL, slots, 2, NULL);
    struct hgc_object *without = hgc_class_new(rt, "A", NULL, NULL, 0, NULL);
    ck_assert_uint_lt(size_with_attributes(with, 2), size_with_attributes(without, 2));
    ck_assert_uint_lt(size_with_attributes(without, 0), size_with_attributes(without, 2));
    ck_assert_uint_lt(size_with_attributes(without, 2), size_with_attributes(without, 8));
    drop(with);
    drop(without);
}
END_TEST

START_TEST(sizes_are_of_the_object_and_its_storage) {
    ck_assert_uint_eq(hgc_get_size(hgc_none(rt)), 16);
    struct node *n = fin(1);
    ck_assert_uint_eq(hgc_get_size(&n->head), sizeof *n + 8); /* the hidden word */
    drop(n);
    ck_assert_int_eq(log_count, 1);
    struct hgc_object *l = list();
    size_t empty = hgc_get_size(l);
    for (int i = 0; i < 100000; i++)
        push(l, hgc_none(rt));
    size_t full = hgc_get_size(l);
    ck_assert_uint_ge(full, empty + 100000 * 8);
    ck_assert_uint_le(full, empty + 100000 * 9 + 8192);
    hgc_clear(l);
    ck_assert_uint_eq(hgc_get_size(l), empty);
    drop(l);
    static struct hgc_object *items[5000];
    for (int i = 0; i < 5000; i++)
        items[i] = hgc_none(rt);
    struct hgc_object *tuple = hgc_tuple_new(rt, items, 5000);
    ck_assert_uint_eq(hgc_get_size(tuple), 16 + 5000 * 8);
    drop(tuple);
    struct hgc_object *d = hgc_dict_new(rt);
    empty = hgc_get_size(d);
    hgc_dict_set(d, hgc_none(rt), hgc_none(rt));
    ck_assert_uint_ge(hgc_get_size(d), empty + 24);
    drop(d);
}
END_TEST

START_TEST(instances_find_their_classes_attributes) {
    struct hgc_object *base = hgc_class_new(rt, "B", NULL, NULL, 0, NULL);
    struct hgc_object *cls = hgc_class_new(rt, "C", base, NULL, 0, NULL);
    struct hgc_object *o = hgc_instance_new(cls);
    set(base, "shared", hgc_int_new(rt, 1));
    check_attribute(o, "shared", hgc_int_new(rt, 1));
    check_attribute(cls, "shared", hgc_int_new(rt, 1));
    set(cls, "shared", hgc_int_new(rt, 2));
    check_attribute(o, "shared", hgc_int_new(rt, 2));
    set(o, "shared", hgc_int_new(rt, 3));
    check_attribute(o, "shared", hgc_int_new(rt, 3));
    check_attribute(base, "shared", hgc_int_new(rt, 1));
    ck_assert_int_eq(hgc_attr_delete(cls, "shared"), 0);
    ck_assert_int_eq(hgc_attr_delete(o, "shared"), 0);
    check_attribute(o, "shared", hgc_int_new(rt, 1));
    drop(base);
    drop(cls);
    drop(o);
}
END_TEST

static int log_seven(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime, (void)self;
    log_number(7);
    return 0;
}

static struct hgc_object *described;

static int describe_class(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)self;
    return hgc_attr_set(described, "inner", hgc_int_new(runtime, 1));
}

START_TEST(a_class_gets_attributes_while_it_gets_its_first) {
    static const int threshold = 1;
    described = hgc_class_new(rt, "C", NULL, NULL, 0, NULL);
    struct hgc_object *cls = hgc_class_new(rt, "F", NULL, NULL, 0, describe_class);
    struct hgc_object *o = hgc_instance_new(cls);
    set(o, "itself", o);
    drop(o);
    drop(cls);
    hgc_set_threshold(rt, &threshold, 1);
    hgc_enable(rt);
    set(described, "outer", hgc_int_new(rt, 2)); /* the dict's birth begins a collection */
    hgc_disable(rt);
    check_attribute(described, "inner", hgc_int_new(rt, 1));
    check_attribute(described, "outer", hgc_int_new(rt, 2));
    drop(described);
}
END_TEST

START_TEST(finalizers_are_inherited_and_classes_outlive_instances) {
    struct hgc_object *base = hgc_class_new(rt, "B", NULL, NULL, 0, log_seven);
    struct hgc_object *cls = hgc_class_new(rt, "C", base, NULL, 0, NULL);
    struct hgc_object *o = hgc_instance_new(cls);
    struct hgc_object *w = hgc_weakref_new(rt, o, NULL, NULL);
    drop(base);
    drop(cls);
    ck_assert_str_eq(hgc_type_name(hgc_type_of(o)), "C");
    drop(o);
    ck_assert_log(7);
    ck_assert_ptr_null(hgc_weakref_get(w));
    drop(w);
}
END_TEST

static struct hgc_object *doomed;

static int log_arg(struct hgc_runtime *runtime, struct hgc_object *w, void *arg) {
    (void)runtime, (void)w;
    log_number((int)(intptr_t)arg);
    return 0;
}

static int drop_doomed(struct hgc_runtime *runtime, struct hgc_object *w, void *arg) {
    log_arg(runtime, w, arg);
    drop(doomed);
    return 0;
}

START_TEST(a_class_ends_after_what_its_last_instance_held) {
    static const char *const slots[] = {"held"};
    doomed = hgc_class_new(rt, "K", NULL, slots, 1, NULL);
    struct hgc_object *o = hgc_instance_new(doomed);
    struct node *held = make_node(plain_type, 0), *below = fin(3), *of_class = fin(4);
    struct hgc_object *w = hgc_weakref_new(rt, o, log_arg, (void *)1);
    struct hgc_object *v = hgc_weakref_new(rt, &held->head, drop_doomed, (void *)2);
    set(doomed, "attribute", &of_class->head);
    set(o, "held", &held->head);
    link_a(held, below);
    drop(of_class);
    drop(held);
    drop(below);
    drop(o);
    ck_assert_log(1, 2, 3, 4);
    drop(w);
    drop(v);
}
END_TEST

START_TEST(slots_of_a_class_are_released_before_its_bases) {
    static const char *const of_base[] = {"z", "m", "k"}, *const own[] = {"p", "m", "a"};
    static const char *const all[] = {"a", "m", "p", "k", "z"};
    struct hgc_object *base = hgc_class_new(rt, "B", NULL, of_base, 3, NULL);
    struct hgc_object *cls = hgc_class_new(rt, "D", base, own, 3, NULL);
    struct hgc_object *o = hgc_instance_new(cls);
    for (int i = 4; i >= 0; i--) {
        struct node *n = fin(i);
        set(o, all[i], &n->head);
        drop(n);
    }
    drop(o);
    ck_assert_log(0, 1, 2, 3, 4);
    drop(cls);
    drop(base);
}
END_TEST

static struct hgc_object *made[2];

static int make_classes(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)self;
    for (int i = 0; i < 2; i++)
        made[i] = hgc_class_new(runtime, "made", NULL, NULL, 0, NULL);
    return 0;
}

/* One of them where an instance was that has just been collected, together with a class. */
START_TEST(classes_made_while_trash_is_freed_are_no_trash) {
    enum { SLOTS = 70 }; /* makes instances as large as classes */
    static char names[SLOTS][8];
    const char *slots[SLOTS];
    for (int i = 0; i < SLOTS; i++) {
        snprintf(names[i], sizeof names[i], "s%d", i);
        slots[i] = names[i];
    }
    struct hgc_object *maker = hgc_class_new(rt, "maker", NULL, NULL, 0, make_classes);
    struct hgc_object *old = hgc_class_new(rt, "old", NULL, slots, SLOTS, NULL);
    struct hgc_object *attribute = hgc_instance_new(maker);
    set(old, "attribute", attribute);
    drop(attribute);
    hgc_collect(rt, 0);
    struct hgc_object *last = hgc_instance_new(old);
    struct hgc_object *cls = hgc_class_new(rt, "C", NULL, NULL, 0, NULL);
    drop(old);
    set(last, "s0", last);
    set(cls, "me", cls);
    drop(last);
    drop(cls);
    ck_assert_int_eq(hgc_collect(rt, 0), 3); /* and the dict of its attributes */
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(hgc_get_refcount(made[i]), 1);
        ck_assert_ptr_nonnull(last = hgc_instance_new(made[i]));
        drop(last);
        drop(made[i]);
    }
    drop(maker);
}
END_TEST

START_TEST(type_ids_are_used_again) {
    for (int i = 0; i < 70000; i++) {
        struct hgc_object *cls = hgc_class_new(rt, "C", NULL, NULL, 0, NULL);
        ck_assert_ptr_nonnull(cls);
        drop(cls);
    }
    struct hgc_type *type = make_type("t", HGC_TYPE_GC, NULL);
    struct node *n = make_node(type, 0);
    ck_assert_int_eq(hgc_type_free(rt, type), -1);
    drop(n);
    ck_assert_int_eq(hgc_type_free(rt, type), 0);
}
END_TEST

/* Also where the slot of an object like it is used once more. */
START_TEST(new_objects_are_zero) {
    enum { SHAPES = 3, ALIVE = 3 };
    struct hgc_object *alive[ALIVE];
    for (size_t words = 2; words < 2 + SHAPES; words++) {
        struct hgc_type_spec spec = {.name = "words",
                                     .size = (1 + words) * 8,
                                     .flags = HGC_TYPE_GC,
                                     .fields = node_fields,
                                     .nfields = 2};
        struct hgc_type *type = hgc_type_new(rt, &spec);
        for (int i = 0; i < 100; i++) {
            struct hgc_object *o = alive[i % ALIVE] = hgc_new(rt, type);
            for (size_t w = 0; w < words; w++)
                ck_assert_uint_eq(((uint64_t *)(o + 1))[w], 0);
            if (words > 2)
                memset((uint64_t *)(o + 1) + 2, 1, (words - 2) * 8);
            hgc_incref(o);
            hgc_decref(o);
            for (int dead = 0; i % ALIVE == ALIVE - 1 && dead < ALIVE; dead++)
                drop(alive[dead]);
        }
        drop(alive[0]);
        ck_assert_int_eq(hgc_type_free(rt, type), 0);
    }
}
END_TEST

/* An object that the collector does not know counts neither at its birth nor at its death, whatever
 * dies with it. */
START_TEST(only_objects_of_the_collector_are_counted) {
    struct hgc_type *outside = make_type("outside", 0, NULL);
    int before[3], after[3];
    hgc_get_count(rt, before);
    for (int i = 0; i < 10; i++) {
        struct node *top = make_node(outside, 0), *left = slot(), *right = slot();
        link_a(left, hgc_none(rt));
        hgc_assign(&top->a, &left->head);
        hgc_assign(&top->b, &right->head);
        drop(left);
        drop(right);
        drop(slot());
        struct node *one_more = slot();
        drop(top);
        hgc_get_count(rt, after);
        ck_assert_int_eq(after[0], before[0] + 1);
        drop(one_more);
    }
}
END_TEST

/* A slot that waits for an object of its type is no object, and serves others before the heap
 * grows. */
START_TEST(dead_objects_of_a_type_leave_room_for_others) {
    enum { N = 20000 };
    static struct hgc_object *made[N];
    struct hgc_type *types[2] = {make_type("a", HGC_TYPE_GC, NULL),
                                 make_type("b", HGC_TYPE_GC, NULL)};
    uintptr_t end[2] = {0};
    hgc_disable(rt);
    stress_set(rt, 0);
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < N; i++) {
            made[i] = hgc_new(rt, types[k]);
            if ((uintptr_t)made[i] > end[k])
                end[k] = (uintptr_t)made[i];
        }
        for (int i = 0; i < N; i++)
            drop(made[i]);
    }
    ck_assert_uint_le(end[1], end[0] + 2 * SLAB_SIZE);
    struct hgc_object *found = hgc_get_objects(rt, 0);
    ck_assert_int_eq(hgc_len(found), 0);
    drop(found);
    validate_heap(rt);
}
END_TEST

START_TEST(bad_types_are_refused) {
    static const uint16_t odd[] = {9}, outside[] = {sizeof(struct node)};
    struct hgc_type_spec spec = {.name = "t", .size = sizeof(struct node), .flags = HGC_TYPE_GC};
    spec.fields = odd;
    spec.nfields = 1;
    ck_assert_ptr_null(hgc_type_new(rt, &spec));
    spec.fields = outside;
    ck_assert_ptr_null(hgc_type_new(rt, &spec));
    spec.nfields = 0;
    spec.flags = HGC_TYPE_LEGACY_FINALIZE;
    ck_assert_ptr_null(hgc_type_new(rt, &spec));
    spec.flags = 0;
    spec.size = 4;
    ck_assert_ptr_null(hgc_type_new(rt, &spec));
    check_error(HEAPLINE_BAD_ARGUMENT);
}
END_TEST

/* Fields apart, and an object too large for a slab. */
START_TEST(types_of_any_shape) {
    struct wide {
        struct hgc_object head;
        struct hgc_object *first;
        char middle[20000];
        struct hgc_object *last;
    };
    static const uint16_t fields[] = {offsetof(struct wide, first), offsetof(struct wide, last)};
    struct hgc_type_spec spec = {.name = "wide",
                                 .size = sizeof(struct wide),
                                 .flags = HGC_TYPE_GC | HGC_TYPE_WEAKREFS,
                                 .fields = fields,
                                 .nfields = 2};
    struct hgc_type *type = hgc_type_new(rt, &spec);
    for (int i = 0; i < 100; i++) {
        struct wide *w = (struct wide *)hgc_new(rt, type);
        ck_assert_ptr_null(w->last);
        hgc_assign(&w->first, &w->head);
        struct node *n = fin(i);
        hgc_assign(&w->last, &n->head);
        drop(n);
        drop(w);
    }
    ck_assert_int_eq(hgc_collect(rt, 2), 200);
    ck_assert_int_eq(log_count, 100);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, attributes_on_demand);
    tcase_add_test(tests, slots_are_all_there_is);
    tcase_add_test(tests, names_are_known_by_their_texts);
    tcase_add_test(tests, slots_take_less_than_attributes_on_demand);
    tcase_add_test(tests, sizes_are_of_the_object_and_its_storage);
    tcase_add_test(tests, instances_find_their_classes_attributes);
    tcase_add_test(tests, a_class_gets_attributes_while_it_gets_its_first);
    tcase_add_test(tests, finalizers_are_inherited_and_classes_outlive_instances);
    tcase_add_test(tests, a_class_ends_after_what_its_last_instance_held);
    tcase_add_test(tests, slots_of_a_class_are_released_before_its_bases);
    tcase_add_test(tests, classes_made_while_trash_is_freed_are_no_trash);
    tcase_add_test(tests, type_ids_are_used_again);
    tcase_add_test(tests, new_objects_are_zero);
    tcase_add_test(tests, only_objects_of_the_collector_are_counted);
    tcase_add_test(tests, dead_objects_of_a_type_leave_room_for_others);
    tcase_add_test(tests, bad_types_are_refused);
    tcase_add_test(tests, types_of_any_shape);
}

int main(void) {
    return run_suite("gc classes", add_tests);
}

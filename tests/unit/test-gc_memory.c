/* The scenarios P48 to P51 of the specification: what objects take, and when they give it back. */
#include "gc_fixture.h"

struct sum_frame {
    int64_t next, end;
};

static int numbers(struct hgc_runtime *runtime, struct hgc_object *generator, void *frame, int how,
                   struct hgc_object *sent, struct hgc_object **out) {
    (void)generator, (void)sent;
    struct sum_frame *f = frame;
    if (how == HGC_CLOSE || f->next == f->end)
        return 0;
    *out = hgc_int_new(runtime, f->next++);
    return *out ? 1 : -1;
}
static const struct hgc_generator_spec numbers_spec = {
    .name = "numbers", .frame_size = sizeof(struct sum_frame), .resume = numbers};

static int64_t sum(struct hgc_object *iterator) {
    int64_t total = 0, value;
    struct hgc_object *item;
    while (hgc_next(iterator, &item) == 1) {
        ck_assert_int_eq(hgc_int_get(item, &value), 0);
        total += value;
        drop(item);
    }
    return total;
}

START_TEST(p48_a_generator_needs_next_to_nothing) {
    enum { N = 1000000 };
    struct sum_frame *frame;
    size_t before = slab_bytes();
    struct hgc_object *g = hgc_generator_new(rt, &numbers_spec, (void **)&frame);
    frame->end = N;
    int64_t expected = sum(g);
    size_t generator = slab_bytes() - before;
    drop(g);
    struct hgc_object *l = list();
    for (int64_t i = 0; i < N; i++) {
        struct hgc_object *item = hgc_int_new(rt, i);
        push(l, item);
        drop(item);
    }
    size_t whole = slab_bytes() - before;
    struct hgc_object *it = hgc_iter(l);
    ck_assert_int_eq(sum(it), expected);
    ck_assert_uint_lt(generator, 500);
    ck_assert_uint_gt(whole, generator * 10000);
    drop(it);
    drop(l);
}
END_TEST

static size_t bytes_of_instances(const char *const *slots) {
    enum { N = 1000 };
    static struct hgc_object *kept[N];
    struct hgc_object *cls = hgc_class_new(rt, "C", NULL, slots, 2, NULL);
    size_t before = slab_bytes();
    for (int i = 0; i < N; i++) {
        kept[i] = hgc_instance_new(cls);
        hgc_attr_set(kept[i], "a", kept[i]);
        hgc_attr_set(kept[i], "b", hgc_none(rt));
    }
    size_t bytes = slab_bytes() - before;
    for (int i = 0; i < N; i++)
        drop(kept[i]);
    hgc_collect(rt, 2);
    drop(cls);
    return bytes / N;
}

START_TEST(p49_slots_are_smaller_than_attributes_on_demand) {
    static const char *const slots[] = {"a", "b"};
    size_t fixed = bytes_of_instances(slots), free = bytes_of_instances(NULL);
    ck_assert_uint_le(fixed, 40);
    ck_assert_uint_lt(fixed, free);
}
END_TEST

START_TEST(p50_dropping_a_list_frees_it_at_once) {
    size_t before = slab_bytes();
    struct hgc_object *l = list();
    for (int64_t i = 0; i < 1000000; i++) {
        struct hgc_object *item = hgc_int_new(rt, i);
        push(l, item);
        drop(item);
    }
    drop(l);
    ck_assert_uint_eq(slab_bytes(), before);
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
}
END_TEST

static size_t count_plain_slabs(void) {
    size_t count = 0;
    struct slab_cursor c = {0};
    const struct slab *slab;
    while ((slab = slab_next(&rt->slabs, RESERVE_LEAF, &c)))
        count += slab->use == SLAB_PLAIN;
    return count;
}

enum { NUMBERS = 30000, KEPT = 100 };
static struct hgc_object *made[NUMBERS];

/* Some are twice in the list, and some items never die. */
static struct hgc_object *list_of_many(int64_t step) {
    struct hgc_object *l = list();
    for (int64_t i = 0; i < NUMBERS; i++)
        made[i] = i % 3 ? hgc_int_new(rt, 1000 + i) : hgc_float_new(rt, (double)i);
    for (int64_t i = 0, at = 0; i < NUMBERS; i++, at = (at + step) % NUMBERS) {
        push(l, made[at]);
        if (i % 1000 == 0) {
            push(l, made[at]);
            push(l, hgc_bool(rt, 1));
        }
    }
    return l;
}

static void drop_kept(void) {
    for (int64_t i = 1, value; i < NUMBERS; i += KEPT) {
        ck_assert_uint_eq(hgc_get_refcount(made[i]), 1);
        if (i % 3) {
            ck_assert_int_eq(hgc_int_get(made[i], &value), 0);
            ck_assert_int_eq(value, 1000 + i);
        }
        drop(made[i]);
    }
}

/* In the order of their birth, backwards and mixed; all of them, or all but some. */
START_TEST(what_a_list_drops_is_free_whatever_its_order) {
    static const int64_t steps[] = {1, NUMBERS - 1, 7919};
    stress_set(rt, 0); /* or each slot is looked at by itself */
    size_t before = slab_bytes(), slabs = count_plain_slabs();
    for (size_t round = 0; round < 2 * sizeof steps / sizeof *steps; round++) {
        int keeps = round % 2;
        struct hgc_object *l = list_of_many(steps[round / 2]);
        for (int64_t i = 0; i < NUMBERS; i++)
            if (!keeps || i % KEPT != 1)
                drop(made[i]);
        drop(l);
        if (keeps)
            drop_kept();
        ck_assert_uint_eq(slab_bytes(), before);
        ck_assert_uint_le(count_plain_slabs(), slabs + 2); /* the newest, and one that is empty */
    }
}
END_TEST

static struct hgc_object *in_list(struct hgc_object *o) {
    return hgc_list_new(rt, &o, 1);
}
static struct hgc_object *in_tuple(struct hgc_object *o) {
    return hgc_tuple_new(rt, &o, 1);
}
static struct hgc_object *in_dict(struct hgc_object *o) {
    struct hgc_object *d = hgc_dict_new(rt);
    ck_assert_int_eq(hgc_dict_set(d, hgc_none(rt), o), 0);
    return d;
}
static struct hgc_object *nesting_class;
static struct hgc_object *in_instance(struct hgc_object *o) {
    struct hgc_object *outer = hgc_instance_new(nesting_class);
    ck_assert_int_eq(hgc_attr_set(outer, "inner", o), 0);
    return outer;
}
/* With siblings on both sides, so that the way back is needed. */
static struct hgc_object *in_the_middle(struct hgc_object *o) {
    struct hgc_object *items[] = {hgc_float_new(rt, 1), o, hgc_float_new(rt, 2)};
    struct hgc_object *l = hgc_list_new(rt, items, 3);
    drop(items[0]);
    drop(items[2]);
    return l;
}

START_TEST(p51_deep_structures_die_without_recursion) {
    static struct hgc_object *(*const nest[])(struct hgc_object *) = {in_list, in_tuple, in_dict,
                                                                      in_instance, in_the_middle};
    nesting_class = hgc_class_new(rt, "Nest", NULL, NULL, 0, NULL);
    for (size_t i = 0; i < sizeof nest / sizeof *nest; i++) {
        struct hgc_object *o = list();
        for (int depth = 0; depth < 1000000; depth++) {
            struct hgc_object *outer = nest[i](o);
            drop(o);
            o = outer;
        }
        drop(o);
        struct hgc_object *left = hgc_get_objects(rt, -1); /* the class */
        ck_assert_int_eq(hgc_len(left), 1);
        drop(left);
    }
    drop(nesting_class);
}
END_TEST

START_TEST(a_chain_of_ten_million_dies) {
    struct node *first = slot();
    for (int i = 0; i < 10000000; i++) {
        struct node *next = slot();
        next->a = &first->head;
        hgc_touch(&next->head);
        first = next;
    }
    drop(first);
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, p48_a_generator_needs_next_to_nothing);
    tcase_add_test(tests, p49_slots_are_smaller_than_attributes_on_demand);
    tcase_add_test(tests, p50_dropping_a_list_frees_it_at_once);
    tcase_add_test(tests, what_a_list_drops_is_free_whatever_its_order);
    tcase_add_test(tests, p51_deep_structures_die_without_recursion);
    tcase_add_test(tests, a_chain_of_ten_million_dies);
}

int main(void) {
    return run_suite("gc memory", add_tests);
}

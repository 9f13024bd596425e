/* Generators and iterators. */
#include "gc_fixture.h"

struct pairs_frame {
    struct hgc_object *kept;
    int64_t step;
};

/* Yields 0, 1, 2 ..., keeps what is sent, returns the last thing sent when that is None. */
static int pairs(struct hgc_runtime *runtime, struct hgc_object *generator, void *frame, int how,
                 struct hgc_object *sent, struct hgc_object **out) {
    (void)generator;
    struct pairs_frame *f = frame;
    if (how == HGC_CLOSE) {
        log_number(99);
        return 0;
    }
    if (sent == hgc_none(runtime)) {
        *out = hgc_incref(f->kept);
        return 0;
    }
    if (sent)
        hgc_assign(&f->kept, sent);
    *out = hgc_int_new(runtime, f->step++);
    return 1;
}
static const uint16_t pairs_fields[] = {offsetof(struct pairs_frame, kept)};
static const struct hgc_generator_spec pairs_spec = {.name = "pairs",
                                                     .frame_size = sizeof(struct pairs_frame),
                                                     .fields = pairs_fields,
                                                     .nfields = 1,
                                                     .resume = pairs};

START_TEST(generators_go_back_and_forth) {
    struct hgc_object *g = hgc_generator_new(rt, &pairs_spec, NULL), *out, *l = list();
    ck_assert_int_eq(hgc_send(g, l, &out), -1);
    check_error(HEAPLINE_BAD_STATE);
    ck_assert_int_eq(hgc_next(g, &out), 1);
    ck_assert_ptr_eq(out, hgc_int_new(rt, 0));
    ck_assert_int_eq(hgc_send(g, l, &out), 1);
    ck_assert_uint_eq(hgc_get_refcount(l), 2);
    ck_assert_int_eq(hgc_send(g, hgc_none(rt), &out), 0);
    ck_assert_ptr_eq(out, l);
    drop(out);
    ck_assert_uint_eq(hgc_get_refcount(l), 1);
    ck_assert_int_eq(hgc_next(g, &out), 0);
    ck_assert_ptr_null(out);
    ck_assert_int_eq(hgc_close(g), 0);
    ck_assert_log_empty();
    drop(l);
    drop(g);
}
END_TEST

START_TEST(closing_reaches_only_what_has_started) {
    struct hgc_object *g = hgc_generator_new(rt, &pairs_spec, NULL), *out;
    ck_assert_int_eq(hgc_close(g), 0);
    ck_assert_log_empty();
    ck_assert_int_eq(hgc_next(g, &out), 0);
    drop(g);
    g = hgc_generator_new(rt, &pairs_spec, NULL);
    ck_assert_int_eq(hgc_next(g, &out), 1);
    ck_assert_int_eq(hgc_close(g), 0);
    ck_assert_log(99);
    drop(g);
    g = hgc_generator_new(rt, &pairs_spec, NULL);
    ck_assert_int_eq(hgc_next(g, &out), 1);
    drop(g);
    ck_assert_log(99);
}
END_TEST

START_TEST(a_suspended_generator_in_itself_closes_and_dies) {
    struct hgc_object *g = hgc_generator_new(rt, &pairs_spec, NULL), *out;
    ck_assert_int_eq(hgc_next(g, &out), 1);
    ck_assert_int_eq(hgc_send(g, g, &out), 1);
    drop(g);
    ck_assert_int_eq(hgc_collect(rt, 2), 0);
    ck_assert_log(99);
    struct hgc_object *left = hgc_get_objects(rt, -1);
    ck_assert_int_eq(hgc_len(left), 0);
    drop(left);
}
END_TEST

static int stubborn(struct hgc_runtime *runtime, struct hgc_object *generator, void *frame, int how,
                    struct hgc_object *sent, struct hgc_object **out) {
    (void)frame, (void)sent;
    struct hgc_object *inner;
    if (how == HGC_NEXT)
        log_number(hgc_next(generator, &inner)); /* it is running: an error */
    *out = hgc_int_new(runtime, 1000);
    return 1;
}
static const struct hgc_generator_spec stubborn_spec = {.name = "stubborn", .resume = stubborn};

START_TEST(generators_may_not_nest_in_themselves_or_refuse_to_close) {
    struct hgc_object *g = hgc_generator_new(rt, &stubborn_spec, NULL), *out;
    ck_assert_int_eq(hgc_next(g, &out), 1);
    drop(out);
    ck_assert_log(-1);
    ck_assert_int_eq(hgc_close(g), -1);
    check_error(HEAPLINE_BAD_STATE);
    drop(g);
    ck_assert_int_eq(unraisables, 1);
}
END_TEST

static int log_loss(struct hgc_runtime *runtime, struct hgc_object *weakref, void *arg) {
    (void)runtime, (void)arg;
    ck_assert_ptr_null(hgc_weakref_get(weakref));
    log_number(1);
    return 0;
}

/* As gen_dealloc does it in CPython 3.11. */
START_TEST(weak_references_to_a_generator_are_cleared_before_it_is_closed) {
    struct hgc_object *g = hgc_generator_new(rt, &pairs_spec, NULL), *out;
    struct hgc_object *w = hgc_weakref_new(rt, g, log_loss, NULL);
    ck_assert_int_eq(hgc_next(g, &out), 1);
    drop(g);
    ck_assert_log(1, 99);
    drop(w);
}
END_TEST

START_TEST(iterators_see_items_and_keys) {
    struct hgc_object *l = numbered(3), *it = hgc_iter(l), *out;
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(hgc_next(it, &out), 1);
        ck_assert_ptr_eq(out, hgc_int_new(rt, i));
    }
    ck_assert_int_eq(hgc_next(it, &out), 0);
    push(l, hgc_none(rt));
    ck_assert_int_eq(hgc_next(it, &out), 0);
    drop(it);
    drop(l);
    struct hgc_object *d = hgc_dict_new(rt);
    hgc_dict_set(d, hgc_int_new(rt, 5), hgc_none(rt));
    hgc_dict_set(d, hgc_int_new(rt, 6), hgc_none(rt));
    it = hgc_iter(d);
    ck_assert_int_eq(hgc_next(it, &out), 1);
    ck_assert_ptr_eq(out, hgc_int_new(rt, 5));
    hgc_dict_set(d, hgc_int_new(rt, 7), hgc_none(rt));
    ck_assert_int_eq(hgc_next(it, &out), -1);
    check_error(HEAPLINE_BAD_STATE);
    hgc_dict_delete(d, hgc_int_new(rt, 7));
    ck_assert_int_eq(hgc_next(it, &out), -1); /* for good, as in CPython */
    drop(it);
    drop(d);
    ck_assert_ptr_null(hgc_iter(hgc_none(rt)));
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, generators_go_back_and_forth);
    tcase_add_test(tests, closing_reaches_only_what_has_started);
    tcase_add_test(tests, a_suspended_generator_in_itself_closes_and_dies);
    tcase_add_test(tests, generators_may_not_nest_in_themselves_or_refuse_to_close);
    tcase_add_test(tests, weak_references_to_a_generator_are_cleared_before_it_is_closed);
    tcase_add_test(tests, iterators_see_items_and_keys);
}

int main(void) {
    return run_suite("gc generators", add_tests);
}

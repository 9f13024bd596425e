/* What the tests of the object runtime share: a runtime whose every collection is checked, a log,
 * and objects that write their number into it when they are finalized. */
#ifndef GC_FIXTURE_H
#define GC_FIXTURE_H

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "gc/slab.h"
#include "gc/stress.h"
#include "heapline_objects.h"
#include "suite.h"

enum { LOG_MAX = 4096 };

static struct hgc_runtime *rt;
static int log_entries[LOG_MAX], log_count;
static int unraisables;

static inline void log_number(int number) {
    ck_assert_int_lt(log_count, LOG_MAX);
    log_entries[log_count++] = number;
}

/* The log is what the arguments say; then it is emptied. */
#define ck_assert_log(...)                                    \
    do {                                                      \
        const int expected_[] = {__VA_ARGS__};                \
        const int n_ = sizeof expected_ / sizeof *expected_;  \
        ck_assert_int_eq(log_count, n_);                      \
        for (int i_ = 0; i_ < n_; i_++)                       \
            ck_assert_int_eq(log_entries[i_], expected_[i_]); \
        log_count = 0;                                        \
    } while (0)
#define ck_assert_log_empty() ck_assert_int_eq(log_count, 0)

/* An object with two references of its own, `fin` of the scenarios. */
struct node {
    struct hgc_object head;
    struct hgc_object *a, *b;
    int64_t number;
};
static const uint16_t node_fields[] = {offsetof(struct node, a), offsetof(struct node, b)};
static struct hgc_type *fin_type, *slot_type, *plain_type;
static struct hgc_type *pair_type; /* without a number, or anything else but the references */

static inline int log_finalizer(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime;
    log_number((int)((struct node *)self)->number);
    return 0;
}

static inline struct hgc_type *make_type_of(size_t size, const char *name, unsigned flags,
                                            int (*finalize)(struct hgc_runtime *,
                                                            struct hgc_object *)) {
    struct hgc_type_spec spec = {.name = name,
                                 .size = size,
                                 .flags = flags,
                                 .fields = node_fields,
                                 .nfields = 2,
                                 .finalize = finalize};
    struct hgc_type *type = hgc_type_new(rt, &spec);
    ck_assert_ptr_nonnull(type);
    return type;
}

static inline struct hgc_type *make_type(const char *name, unsigned flags,
                                         int (*finalize)(struct hgc_runtime *,
                                                         struct hgc_object *)) {
    return make_type_of(sizeof(struct node), name, flags, finalize);
}

/* Objects that their finalizer saves once. */
static struct hgc_object *saved;

static inline int resurrect(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)runtime;
    log_number((int)((struct node *)self)->number);
    hgc_assign(&saved, self);
    return 0;
}

static inline struct hgc_type *make_phoenix(void) {
    return make_type("phoenix", HGC_TYPE_GC | HGC_TYPE_WEAKREFS, resurrect);
}

static inline struct node *make_node(struct hgc_type *type, int number) {
    struct node *n = (struct node *)hgc_new(rt, type);
    ck_assert_ptr_nonnull(n);
    n->number = number;
    return n;
}

static inline struct node *fin(int number) {
    return make_node(fin_type, number);
}

static inline struct node *slot(void) {
    return make_node(slot_type, -1);
}

static inline struct node *pure_pair(void) {
    struct node *n = (struct node *)hgc_new(rt, pair_type);
    ck_assert_ptr_nonnull(n);
    return n;
}

static inline void link_a(struct node *from, void *to) {
    hgc_assign(&from->a, to);
}

static inline void link_b(struct node *from, void *to) {
    hgc_assign(&from->b, to);
}

/* The caller's reference. */
static inline void move_into(struct node *owner, void *o) {
    owner->a = o;
    hgc_touch(&owner->head);
}

static inline void drop(void *o) {
    hgc_decref(o);
}

static inline struct hgc_object *list(void) {
    return hgc_list_new(rt, NULL, 0);
}

static inline void push(struct hgc_object *l, void *o) {
    ck_assert_int_eq(hgc_list_append(l, o), 0);
}

static inline struct hgc_object *numbered(int n) {
    struct hgc_object *l = list();
    for (int i = 0; i < n; i++)
        push(l, hgc_int_new(rt, i % 200));
    return l;
}

static inline struct hgc_object *str(const char *text) {
    return hgc_str_new(rt, text, strlen(text));
}

static inline void check_text(struct hgc_object *o, const char *expected) {
    struct hgc_object *text = hgc_str(o);
    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(hgc_str_borrow(text, NULL), expected);
    drop(text);
}

static inline void check_error(int code) {
    ck_assert_int_eq(hgc_error(rt)->code, code);
    hgc_set_error(rt, HEAPLINE_OK, "");
}

/* Bytes in slabs: what is not in slabs is only larger. */
static inline size_t slab_bytes(void) {
    size_t bytes = 0;
    for (int half = 0; half < 2; half++) {
        struct slab_cursor c = {0};
        struct slab *slab;
        while ((slab = slab_next(&rt->slabs, (enum reserve_half)half, &c)))
            bytes += (size_t)slab_used(slab) * slab->slot_size;
    }
    return bytes;
}

/* A list that holds itself, already dropped. */
static inline void drop_list_cycle(void) {
    struct hgc_object *l = list();
    push(l, l);
    drop(l);
}

static inline void count_unraisable(struct hgc_runtime *runtime, struct hgc_object *o, void *arg) {
    (void)runtime, (void)o, (void)arg;
    unraisables++;
}

/* Automatic runs are off, as in the scenarios. */
static inline void set_up_runtime(void) {
    struct heapline_error err;
    rt = hgc_runtime_new(&err);
    ck_assert_ptr_nonnull(rt);
    stress_set(rt, STRESS_CHECK | STRESS_POISON);
    hgc_disable(rt);
    hgc_set_unraisable(rt, count_unraisable, NULL);
    fin_type = make_type("fin", HGC_TYPE_GC | HGC_TYPE_WEAKREFS, log_finalizer);
    slot_type = make_type("slot", HGC_TYPE_GC, NULL);
    plain_type = make_type("plain", HGC_TYPE_GC | HGC_TYPE_WEAKREFS, NULL);
    pair_type = make_type_of(offsetof(struct node, number), "pair", HGC_TYPE_GC, NULL);
    log_count = 0;
    unraisables = 0;
}

static inline void tear_down_runtime(void) {
    ck_assert_int_eq(hgc_runtime_free(rt), 0);
}

static inline int run_suite(const char *name, void (*add_tests)(TCase *tests)) {
    Suite *suite = suite_create(name);
    TCase *tests = tcase_create(name);
    tcase_add_checked_fixture(tests, set_up_runtime, tear_down_runtime);
    tcase_set_timeout(tests, 120);
    add_tests(tests);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

#endif

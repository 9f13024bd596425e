/* When automatic collections come, compared with a model of the rules: counts, thresholds, turns of
 * the generations, the quarter that a full collection waits for. The objects are single ones and
 * cycles of one, so the model knows each birth, death and generation. */
#include "gc_fixture.h"
#include "gc/fail.h"

enum { OBJECTS = 3000, STEPS = 12000, RUNS = 64, GENERATION_FROZEN = 3 };

static uint64_t seed;

static unsigned below(unsigned n) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % n;
}

/* --- the model --- */

static struct model {
    int count[3], threshold[3], enabled;
    int64_t pending, total;
    struct hgc_stats stats[3];
    struct {
        struct node *node; /* NULL: garbage */
        int generation;
    } object[OBJECTS];
    int objects;
} model;

/* Generations of collections since the last comparison. */
static int expected[RUNS], expected_runs, actual[RUNS], actual_runs;

static void model_death(int i) {
    model.object[i] = model.object[--model.objects];
    model.count[0] -= model.count[0] > 0;
}

static void model_run(int g) {
    int64_t survivors = 0;
    expected[expected_runs++] = g;
    if (g < 2)
        model.count[g + 1]++;
    for (int i = 0; i <= g; i++)
        model.count[i] = 0;
    model.stats[g].collections++;
    for (int i = model.objects - 1; i >= 0; i--) {
        if (model.object[i].generation > g)
            continue;
        if (model.object[i].node) {
            model.object[i].generation = g < 2 ? g + 1 : 2;
            survivors++;
        } else {
            model.stats[g].collected++;
            model_death(i);
        }
    }
    if (g == 1)
        model.pending += survivors;
    if (g == 2) {
        model.pending = 0;
        model.total = survivors;
    }
}

static void model_allocation(void) {
    model.count[0]++;
    if (!model.enabled || !model.threshold[0] || model.count[0] <= model.threshold[0])
        return;
    for (int g = 2; g >= 0; g--)
        if (model.count[g] > model.threshold[g] && (g < 2 || model.pending >= model.total / 4)) {
            model_run(g);
            return;
        }
}

static void model_birth(struct node *n) {
    model.object[model.objects].node = n;
    model.object[model.objects++].generation = 0;
}

static void model_move(int from_first, int from_last, int to) {
    for (int i = 0; i < model.objects; i++)
        if (model.object[i].generation >= from_first && model.object[i].generation <= from_last)
            model.object[i].generation = to;
}

/* --- the same with the runtime --- */

static int note_run(struct hgc_runtime *runtime, int stop, const struct hgc_info *info, void *arg) {
    (void)runtime, (void)arg;
    if (!stop)
        actual[actual_runs++] = info->generation;
    return 0;
}

static void make(int is_garbage) {
    if (model.objects == OBJECTS)
        return;
    struct node *n = slot();
    model_allocation();
    model_birth(is_garbage ? NULL : n);
    if (!is_garbage)
        return;
    link_a(n, n);
    drop(n);
}

static void drop_one(void) {
    int i = model.objects ? (int)below((unsigned)model.objects) : 0;
    if (!model.objects || !model.object[i].node)
        return;
    drop(model.object[i].node);
    model_death(i);
}

static void set_thresholds(void) {
    int t[] = {(int)below(12) - 1, (int)below(4), (int)below(4)};
    hgc_set_threshold(rt, t, 3);
    memcpy(model.threshold, t, sizeof t);
}

static void freeze(void) {
    hgc_freeze(rt);
    model_move(0, 2, GENERATION_FROZEN);
    memset(model.count, 0, sizeof model.count);
}

static void unfreeze(void) {
    hgc_unfreeze(rt);
    model_move(GENERATION_FROZEN, GENERATION_FROZEN, 2);
}

static void collect(int g) {
    hgc_collect(rt, g);
    model_run(g);
}

static void step(unsigned births) {
    unsigned what = below(200);
    if (what < births)
        make(below(4) == 0);
    else if (what < 190)
        drop_one();
    else if (what < 192)
        collect((int)below(3));
    else if (what < 194)
        set_thresholds();
    else if (what < 198 && below(4) == 0)
        model.enabled ? hgc_disable(rt) : hgc_enable(rt), model.enabled = !model.enabled;
    else if (what == 198 && below(8) == 0)
        freeze();
    else if (what == 199)
        unfreeze();
}

static void compare(void) {
    int count[3];
    struct hgc_stats stats[3];
    ck_assert_int_eq(actual_runs, expected_runs);
    ck_assert_mem_eq(actual, expected, (size_t)actual_runs * sizeof *actual);
    actual_runs = expected_runs = 0;
    hgc_get_count(rt, count);
    ck_assert_mem_eq(count, model.count, sizeof count);
    hgc_get_stats(rt, stats);
    ck_assert_mem_eq(stats, model.stats, sizeof stats);
    int i = model.objects ? (int)below((unsigned)model.objects) : 0;
    if (model.objects && model.object[i].node)
        ck_assert_int_eq(hgc_get_generation(&model.object[i].node->head),
                         model.object[i].generation);
}

/* With the checks of stress.h, and in the fast paths that those prevent. */
START_TEST(collections_come_when_the_model_says) {
    seed = (uint64_t)_i;
    stress_set(rt, _i % 2 ? STRESS_CHECK | STRESS_POISON : 0);
    hgc_enable(rt);
    model.enabled = 1;
    hgc_get_threshold(rt, model.threshold);
    hgc_get_count(rt, model.count);
    hgc_add_callback(rt, note_run, NULL);
    set_thresholds();
    for (int i = 0; i < STEPS; i++) {
        step(i % 4000 < 2500 ? 150 : 90); /* the heap grows and shrinks */
        compare();
    }
    for (int g = 0; g < 3; g++)
        ck_assert_uint_gt(model.stats[g].collections, 10);
    hgc_unfreeze(rt);
    for (int i = 0; i < model.objects; i++)
        drop(model.object[i].node);
}
END_TEST

/* --- what they leave alone --- */

static int makes_many(struct hgc_runtime *runtime, struct hgc_object *self) {
    (void)self;
    for (int i = 0; i < 20; i++)
        hgc_decref(hgc_list_new(runtime, (struct hgc_object *[]){self}, 1));
    struct hgc_object *kept[20];
    for (int i = 0; i < 20; i++)
        kept[i] = hgc_list_new(runtime, NULL, 0);
    log_number(hgc_is_collecting(runtime));
    for (int i = 0; i < 20; i++)
        hgc_decref(kept[i]);
    return 0;
}

START_TEST(none_begins_inside_of_another) {
    static const int often[] = {2, 0, 0};
    struct node *n = make_node(make_type("m", HGC_TYPE_GC, makes_many), 0);
    link_a(n, n);
    drop(n);
    stress_set(rt, 0);
    hgc_add_callback(rt, note_run, NULL);
    hgc_set_threshold(rt, often, 3);
    hgc_enable(rt);
    ck_assert_int_eq(hgc_collect(rt, 2), 1);
    hgc_disable(rt);
    ck_assert_log(3);
    ck_assert_int_eq(actual_runs, 1);
}
END_TEST

/* Nobody asked for it, so nobody hears that it had no memory. */
START_TEST(one_that_fails_leaves_the_error_record_alone) {
    static const int often[] = {2000, 1000, 1000};
    static struct node *kept[2100];
    hgc_set_error(rt, HEAPLINE_IO, "kept");
    hgc_set_threshold(rt, often, 3);
    hgc_enable(rt);
    hgc_add_callback(rt, note_run, NULL);
    for (int i = 0; i < 2100; i++) {
        gc_fail_countdown = i == 2000 ? 2 : 0; /* within the collection, which comes first */
        kept[i] = slot();
        gc_fail_countdown = 0;
        if (i) /* so that a glance does not do */
            hgc_assign(&kept[i - 1]->a, &kept[i]->head);
    }
    ck_assert_int_eq(actual_runs, 1);
    ck_assert_int_eq(hgc_get_generation(&kept[0]->head), 0);
    ck_assert_int_eq(hgc_error(rt)->code, HEAPLINE_IO);
    for (int i = 0; i < 2100; i++)
        drop(kept[i]);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_loop_test(tests, collections_come_when_the_model_says, 0, 20);
    tcase_add_test(tests, none_begins_inside_of_another);
    tcase_add_test(tests, one_that_fails_leaves_the_error_record_alone);
}

int main(void) {
    return run_suite("gc automatic", add_tests);
}

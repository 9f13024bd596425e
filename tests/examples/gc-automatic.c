/* Automatic collections come with the making of objects; callbacks hear of them. */
#include "gc-example.h"

struct watch {
    int runs[3];
    int64_t collected;
};

static int note(struct hgc_runtime *rt, int stop, const struct hgc_info *info, void *arg) {
    struct watch *watch = arg;
    (void)rt;
    if (stop) {
        watch->runs[info->generation]++;
        watch->collected += info->collected;
    }
    return 0;
}

static void make_cycles(struct hgc_runtime *rt, int count) {
    for (int i = 0; i < count; i++) {
        struct hgc_object *list = need(rt, hgc_list_new(rt, NULL, 0));
        done(rt, hgc_list_append(list, list));
        hgc_decref(list);
    }
}

static void report(const char *when, struct watch *watch) {
    printf("%s: runs of 0, 1, 2: %d, %d, %d; collected %d\n", when, watch->runs[0], watch->runs[1],
           watch->runs[2], (int)watch->collected);
    *watch = (struct watch){0};
}

int main(void) {
    struct watch watch = {0};
    struct hgc_runtime *rt = need_runtime();
    int threshold[3];
    hgc_get_threshold(rt, threshold);
    printf("thresholds: %d, %d, %d\n", threshold[0], threshold[1], threshold[2]);
    done(rt, hgc_add_callback(rt, note, &watch));

    threshold[0] = 99; /* a run with every 100th object */
    done(rt, hgc_set_threshold(rt, threshold, 1));
    make_cycles(rt, 5000);
    report("enabled", &watch);
    hgc_disable(rt);
    make_cycles(rt, 5000);
    report("disabled", &watch);
    done(rt, hgc_collect(rt, 2));
    report("asked for", &watch);
    done(rt, hgc_remove_callback(rt, note, &watch));
    return hgc_runtime_free(rt) != 0;
}

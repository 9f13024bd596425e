/* What survives a collection grows older, and is looked at less often. */
#include "gc-example.h"

static struct hgc_object *new_cycle(struct hgc_runtime *rt) {
    struct hgc_object *list = need(rt, hgc_list_new(rt, NULL, 0));
    done(rt, hgc_list_append(list, list));
    return list;
}

static void grow_old(struct hgc_runtime *rt) {
    struct hgc_object *list = need(rt, hgc_list_new(rt, NULL, 0));
    printf("new: generation %d\n", hgc_get_generation(list));
    for (int g = 0; g < 3; g++) {
        done(rt, hgc_collect(rt, g));
        printf("after a collection of %d: generation %d\n", g, hgc_get_generation(list));
    }
    hgc_decref(list);
}

/* Old garbage keeps what it refers to until its own generation's turn comes. */
static void keep_young(struct hgc_runtime *rt) {
    struct hgc_object *old = new_cycle(rt);
    done(rt, hgc_collect(rt, 2));
    struct hgc_object *young = new_cycle(rt);
    done(rt, hgc_list_append(old, young));
    hgc_decref(young);
    hgc_decref(old);
    for (int g = 0; g < 3; g++)
        printf("collected in %d: %d\n", g, (int)done(rt, hgc_collect(rt, g)));
}

int main(void) {
    struct hgc_runtime *rt = need_runtime();
    hgc_disable(rt);
    grow_old(rt);
    keep_young(rt);
    return hgc_runtime_free(rt) != 0;
}

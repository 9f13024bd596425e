/* What the collector says about its work, and how to look at what it would free. */
#include "gc-example.h"

static void drop_cycle(struct hgc_runtime *rt) {
    struct hgc_object *one = need(rt, hgc_list_new(rt, NULL, 0));
    struct hgc_object *other = need(rt, hgc_list_new(rt, &one, 1));
    done(rt, hgc_list_append(one, other));
    hgc_decref(other);
    hgc_decref(one);
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0); /* the collector's lines are not buffered */
    heapline_start(1, NULL);          /* so that it knows who made them */
    struct hgc_runtime *rt = need_runtime();
    hgc_disable(rt);
    hgc_set_debug(rt, HGC_DEBUG_STATS | HGC_DEBUG_COLLECTABLE);
    drop_cycle(rt);
    done(rt, hgc_collect(rt, 2));

    hgc_set_debug(rt, HGC_DEBUG_SAVEALL);
    drop_cycle(rt);
    done(rt, hgc_collect(rt, 2));
    hgc_set_debug(rt, 0);
    struct hgc_object *garbage = hgc_garbage_borrow(rt);
    for (int64_t i = 0; i < hgc_len(garbage); i++)
        printf("saved: a %s\n", hgc_type_name(hgc_type_of(hgc_get_borrow(garbage, i))));
    done(rt, hgc_clear(garbage));
    printf("let go: %d\n", (int)done(rt, hgc_collect(rt, 2)));
    return hgc_runtime_free(rt) != 0;
}

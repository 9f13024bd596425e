/* The collector at the program's own request, and its figures. */
#include "gc-example.h"

static void drop_cycle(struct hgc_runtime *rt) {
    struct hgc_object *list = need(rt, hgc_list_new(rt, NULL, 0));
    done(rt, hgc_list_append(list, list));
    hgc_decref(list);
}

static void print_figures(struct hgc_runtime *rt) {
    struct hgc_stats stats[3];
    int count[3];
    hgc_get_stats(rt, stats);
    hgc_get_count(rt, count);
    for (int i = 0; i < 3; i++)
        printf("generation %d: collections %d, collected %d, uncollectable %d; count %d\n", i,
               (int)stats[i].collections, (int)stats[i].collected, (int)stats[i].uncollectable,
               count[i]);
}

int main(void) {
    struct hgc_runtime *rt = need_runtime();
    printf("enabled: %d\n", hgc_isenabled(rt));
    hgc_disable(rt);
    printf("enabled: %d\n", hgc_isenabled(rt));

    for (int i = 0; i < 5; i++)
        drop_cycle(rt);
    print_figures(rt);
    printf("unreachable: %d\n", (int)done(rt, hgc_collect(rt, 2)));
    printf("unreachable: %d\n", (int)done(rt, hgc_collect(rt, 2)));
    drop_cycle(rt);
    printf("unreachable, of the youngest: %d\n", (int)done(rt, hgc_collect(rt, 0)));
    print_figures(rt);
    printf("garbage: %d\n", (int)hgc_len(hgc_garbage_borrow(rt)));

    if (hgc_collect(rt, 3) < 0)
        printf("error: %s\n", hgc_error(rt)->message);
    hgc_enable(rt);
    return hgc_runtime_free(rt) != 0;
}

/* Objects that will live to the end, such as those made at start-up, out of the collector's way. */
#include "gc-example.h"

int main(void) {
    struct hgc_runtime *rt = need_runtime();
    struct hgc_object *table = need(rt, hgc_list_new(rt, NULL, 0));
    for (int i = 0; i < 1000; i++) {
        struct hgc_object *row = need(rt, hgc_list_new(rt, NULL, 0));
        done(rt, hgc_list_append(table, row));
        hgc_decref(row);
    }
    done(rt, hgc_list_append(table, table));
    hgc_freeze(rt);
    printf("frozen: %d\n", (int)hgc_get_freeze_count(rt));
    hgc_decref(table);
    printf("collected while frozen: %d\n", (int)done(rt, hgc_collect(rt, 2)));
    hgc_unfreeze(rt);
    printf("frozen: %d\n", (int)hgc_get_freeze_count(rt));
    printf("collected: %d\n", (int)done(rt, hgc_collect(rt, 2)));
    return hgc_runtime_free(rt) != 0;
}

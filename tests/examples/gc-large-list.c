/* A large list needs no collector: it is gone when its last reference is. */
#include "gc-example.h"

static void report(const char *when) {
    uint64_t current;
    heapline_get_traced_memory(&current, NULL);
    printf("%s: %.1f MB\n", when, (double)current / 1e6);
}

int main(void) {
    struct hgc_runtime *rt = need_runtime();
    heapline_start(1, NULL);
    struct hgc_object *data = need(rt, hgc_list_new(rt, NULL, 0));
    for (int i = 0; i < 1000000; i++) {
        struct hgc_object *item = need(rt, hgc_int_new(rt, i));
        done(rt, hgc_list_append(data, item));
        hgc_decref(item);
    }
    report("made");
    hgc_decref(data);
    report("given up");
    printf("collected: %d\n", (int)done(rt, hgc_collect(rt, 2)));
    return hgc_runtime_free(rt) != 0;
}

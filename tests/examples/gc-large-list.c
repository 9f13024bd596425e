/* A large list needs no collector: it is gone when its last reference is. */
#include "gc-example.h"

static int say(struct hgc_runtime *rt, struct hgc_object *weakref, void *arg) {
    (void)rt, (void)weakref, (void)arg;
    puts("gone");
    return 0;
}

int main(void) {
    struct hgc_runtime *rt = need_runtime();
    struct hgc_object *cls = need(rt, hgc_class_new(rt, "Item", NULL, NULL, 0, NULL));
    struct hgc_object *data = need(rt, hgc_list_new(rt, NULL, 0));
    struct hgc_object *first = need(rt, hgc_instance_new(cls));
    struct hgc_object *watch = need(rt, hgc_weakref_new(rt, first, say, NULL));
    done(rt, hgc_list_append(data, first));
    hgc_decref(first);
    for (int i = 1; i < 1000000; i++) {
        struct hgc_object *item = need(rt, hgc_int_new(rt, i));
        done(rt, hgc_list_append(data, item));
        hgc_decref(item);
    }
    printf("%d items\n", (int)hgc_len(data));
    hgc_decref(data); /* its items are released from the end: the first one dies last */
    printf("collected: %d\n", (int)done(rt, hgc_collect(rt, 2)));
    hgc_decref(watch);
    hgc_decref(cls);
    return hgc_runtime_free(rt) != 0;
}

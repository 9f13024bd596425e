/* A cache that keeps nothing alive: weak references, and a callback that drops dead entries. */
#include "gc-example.h"

/* `arg` is the cache: a list of weak references, which the one that has died leaves. */
static int forget(struct hgc_runtime *rt, struct hgc_object *weakref, void *arg) {
    struct hgc_object *cache = arg;
    (void)rt;
    for (int64_t i = 0; i < hgc_len(cache); i++)
        if (hgc_get_borrow(cache, i) == weakref)
            return hgc_list_delete(cache, i, i + 1);
    return 0;
}

static void remember(struct hgc_runtime *rt, struct hgc_object *cache, struct hgc_object *o) {
    struct hgc_object *weakref = need(rt, hgc_weakref_new(rt, o, forget, cache));
    done(rt, hgc_list_append(cache, weakref));
    hgc_decref(weakref);
}

static void report(const char *when, struct hgc_object *cache) {
    int alive = 0;
    for (int64_t i = 0; i < hgc_len(cache); i++) {
        struct hgc_object *o = hgc_weakref_get(hgc_get_borrow(cache, i));
        alive += o != NULL;
        hgc_decref(o);
    }
    printf("%s: %d entries, %d alive\n", when, (int)hgc_len(cache), alive);
}

int main(void) {
    struct hgc_runtime *rt = need_runtime();
    hgc_disable(rt);
    struct hgc_object *cls = need(rt, hgc_class_new(rt, "Image", NULL, NULL, 0, NULL));
    struct hgc_object *a = need(rt, hgc_instance_new(cls)), *b = need(rt, hgc_instance_new(cls));
    struct hgc_object *cache = need(rt, hgc_list_new(rt, NULL, 0));
    remember(rt, cache, a);
    remember(rt, cache, b);
    done(rt, hgc_attr_set(b, "itself", b));
    report("both in use", cache);
    hgc_decref(a);
    report("one given up", cache);
    hgc_decref(b);
    report("the other in a cycle", cache);
    done(rt, hgc_collect(rt, 2));
    report("collected", cache);

    if (!hgc_weakref_new(rt, cache, NULL, NULL))
        printf("error: %s\n", hgc_error(rt)->message);
    hgc_decref(cache);
    hgc_decref(cls);
    return hgc_runtime_free(rt) != 0;
}

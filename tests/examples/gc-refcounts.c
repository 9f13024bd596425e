/* References are counted; the last one that goes takes the object with it. */
#include "gc-example.h"

static int say(struct hgc_runtime *rt, struct hgc_object *self) {
    (void)rt, (void)self;
    puts("the item dies");
    return 0;
}

static void count_aliases(struct hgc_runtime *rt) {
    struct hgc_object *a = need(rt, hgc_list_new(rt, NULL, 0));
    printf("a new list: %u\n", hgc_get_refcount(a));
    struct hgc_object *b = hgc_incref(a);
    printf("with an alias: %u\n", hgc_get_refcount(a));
    hgc_decref(b);
    printf("without it: %u\n", hgc_get_refcount(a));

    struct hgc_object *twice[] = {a, a};
    struct hgc_object *tuple = need(rt, hgc_tuple_new(rt, twice, 2));
    printf("twice in a tuple: %u\n", hgc_get_refcount(a));
    hgc_decref(tuple);
    printf("the tuple is gone: %u\n", hgc_get_refcount(a));
    hgc_decref(a);
}

static void drop_by_alias(struct hgc_runtime *rt, struct hgc_object *item) {
    struct hgc_object *x = need(rt, hgc_list_new(rt, &item, 1));
    hgc_decref(item); /* the list's is the only reference to the item now */
    struct hgc_object *y = hgc_incref(x);
    hgc_decref(x);
    printf("counted by the other name: %u\n", hgc_get_refcount(y));
    puts("the last name goes");
    hgc_decref(y);
    puts("the list is no more");
}

int main(void) {
    struct hgc_runtime *rt = need_runtime();
    struct hgc_object *cls = need(rt, hgc_class_new(rt, "Item", NULL, NULL, 0, say));
    count_aliases(rt);
    drop_by_alias(rt, need(rt, hgc_instance_new(cls)));
    hgc_decref(cls);
    return hgc_runtime_free(rt) != 0;
}

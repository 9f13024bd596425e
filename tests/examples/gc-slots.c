/* Attributes on demand, or those of fixed slots: what either can, and takes. */
#include "gc-example.h"

static struct hgc_object *new_person(struct hgc_runtime *rt, struct hgc_object *cls) {
    struct hgc_object *o = need(rt, hgc_instance_new(cls));
    struct hgc_object *name = need(rt, hgc_str_new(rt, "Alice", 5));
    done(rt, hgc_attr_set(o, "name", name));
    done(rt, hgc_attr_set(o, "age", hgc_int_new(rt, 25)));
    hgc_decref(name);
    return o;
}

static void report(struct hgc_runtime *rt, struct hgc_object *cls) {
    struct hgc_object *o = new_person(rt, cls);
    const char *name = hgc_type_name(hgc_type_of(o));
    printf("%s: %zu bytes\n", name, hgc_get_size(o));
    if (hgc_attr_set(o, "email", hgc_none(rt)))
        printf("%s: error: %s\n", name, hgc_error(rt)->message);
    else
        printf("%s: one attribute more: %zu bytes\n", name, hgc_get_size(o));
    hgc_decref(o);
}

int main(void) {
    static const char *const slots[] = {"name", "age"};
    struct hgc_runtime *rt = need_runtime();
    struct hgc_object *without = need(rt, hgc_class_new(rt, "WithoutSlots", NULL, NULL, 0, NULL));
    struct hgc_object *with = need(rt, hgc_class_new(rt, "WithSlots", NULL, slots, 2, NULL));
    report(rt, without);
    report(rt, with);
    hgc_decref(without);
    hgc_decref(with);
    return hgc_runtime_free(rt) != 0;
}

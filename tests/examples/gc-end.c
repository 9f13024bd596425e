/* The end of a runtime: cycles that were never collected are finalized, also if the collector is
 * off, and what C code has forgotten to give back is counted. */
#include "gc-example.h"

static int say(struct hgc_runtime *rt, struct hgc_object *self) {
    struct hgc_object *name = need(rt, hgc_attr_get(self, "name"));
    printf("%s deleted\n", hgc_str_borrow(name, NULL));
    hgc_decref(name);
    return 0;
}

static struct hgc_object *new_object(struct hgc_runtime *rt, struct hgc_object *cls,
                                     const char *name) {
    struct hgc_object *o = need(rt, hgc_instance_new(cls));
    struct hgc_object *text = need(rt, hgc_intern(rt, name));
    done(rt, hgc_attr_set(o, "name", text));
    hgc_decref(text);
    return o;
}

int main(void) {
    struct hgc_runtime *rt = need_runtime();
    hgc_disable(rt);
    struct hgc_object *cls = need(rt, hgc_class_new(rt, "MyObj", NULL, NULL, 0, say));
    struct hgc_object *a = new_object(rt, cls, "Obj1"), *b = new_object(rt, cls, "Obj2");
    done(rt, hgc_attr_set(a, "ref", b));
    done(rt, hgc_attr_set(b, "ref", a));
    hgc_decref(a);
    hgc_decref(b);
    hgc_decref(cls);
    puts("the end");

    need(rt, hgc_list_new(rt, NULL, 0)); /* a reference that is lost */
    printf("lost: %d\n", (int)hgc_runtime_free(rt));
    return 0;
}

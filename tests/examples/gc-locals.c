/* What a function makes for itself it gives back at its end, in one place, also when it fails. */
#include "gc-example.h"

static int say(struct hgc_runtime *rt, struct hgc_object *self) {
    (void)rt;
    printf("%s dies\n", hgc_type_name(hgc_type_of(self)));
    return 0;
}

static struct hgc_object *new_instance(struct hgc_runtime *rt, const char *class_name) {
    struct hgc_object *cls = hgc_class_new(rt, class_name, NULL, NULL, 0, say);
    struct hgc_object *o = cls ? hgc_instance_new(cls) : NULL;
    hgc_decref(cls);
    return o;
}

static int work(struct hgc_runtime *rt, int fail) {
    struct hgc_object *a = NULL, *b = NULL;
    int result = -1;
    if (!(a = new_instance(rt, "a")))
        goto end;
    if (fail) {
        hgc_set_error(rt, HEAPLINE_BAD_ARGUMENT, "told to fail");
        goto end;
    }
    if (!(b = new_instance(rt, "b")))
        goto end;
    puts("all done");
    result = 0;
end:
    hgc_decref(a);
    hgc_decref(b); /* NULL is allowed */
    return result;
}

int main(void) {
    struct hgc_runtime *rt = need_runtime();
    done(rt, work(rt, 0));
    if (work(rt, 1) < 0)
        printf("error: %s\n", hgc_error(rt)->message);
    return hgc_runtime_free(rt) != 0;
}

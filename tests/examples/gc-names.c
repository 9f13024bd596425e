/* Names are keys of a dict. Deleting one leaves the object to its other names. */
#include "gc-example.h"

static void set(struct hgc_runtime *rt, struct hgc_object *names, const char *name,
                struct hgc_object *value) {
    struct hgc_object *key = need(rt, hgc_intern(rt, name));
    done(rt, hgc_dict_set(names, key, value));
    hgc_decref(key);
}

static void forget(struct hgc_runtime *rt, struct hgc_object *names, const char *name) {
    struct hgc_object *key = need(rt, hgc_intern(rt, name));
    if (hgc_dict_delete(names, key))
        printf("error: %s\n", hgc_error(rt)->message);
    hgc_decref(key);
}

static void print_count(struct hgc_runtime *rt, struct hgc_object *names, const char *name) {
    struct hgc_object *key = need(rt, hgc_intern(rt, name)), *value;
    if (done(rt, hgc_dict_get(names, key, &value)))
        printf("%s: %u\n", name, hgc_get_refcount(value) - 1); /* but for ours */
    else
        printf("name '%s' is not defined\n", name);
    hgc_decref(value);
    hgc_decref(key);
}

int main(void) {
    struct hgc_runtime *rt = need_runtime();
    struct hgc_object *names = need(rt, hgc_dict_new(rt));
    struct hgc_object *list = need(rt, hgc_list_new(rt, NULL, 0));
    set(rt, names, "a", list);
    hgc_decref(list);
    print_count(rt, names, "a");
    set(rt, names, "b", list);
    print_count(rt, names, "b");
    forget(rt, names, "b");
    print_count(rt, names, "b");
    print_count(rt, names, "a");
    forget(rt, names, "b");
    hgc_decref(names);
    return hgc_runtime_free(rt) != 0;
}

/* Why is this object still alive? Who refers to it, and over which references. */
#include "gc-example.h"

static void print_types(struct hgc_runtime *rt, const char *what, struct hgc_object *list) {
    need(rt, list);
    printf("%s:", what);
    for (int64_t i = 0; i < hgc_len(list); i++)
        printf(" %s", hgc_type_name(hgc_type_of(hgc_get_borrow(list, i))));
    puts("");
    hgc_decref(list);
}

static struct hgc_object *new_instance(struct hgc_runtime *rt, const char *class_name) {
    struct hgc_object *cls = need(rt, hgc_class_new(rt, class_name, NULL, NULL, 0, NULL));
    struct hgc_object *o = need(rt, hgc_instance_new(cls));
    hgc_decref(cls); /* it lives as long as its instance */
    return o;
}

int main(void) {
    struct hgc_runtime *rt = need_runtime();
    struct hgc_object *server = new_instance(rt, "Server");
    struct hgc_object *session = new_instance(rt, "Session");
    struct hgc_object *sessions = need(rt, hgc_list_new(rt, &session, 1));
    done(rt, hgc_attr_set(server, "sessions", sessions));
    hgc_decref(sessions);

    print_types(rt, "refer to the session", hgc_get_referrers(rt, &session, 1));
    print_types(rt, "the list refers to", hgc_get_referents(rt, &sessions, 1));
    print_types(rt, "from the server to it", hgc_find_path(rt, server, session));
    print_types(rt, "from it to the server", hgc_find_path(rt, session, server));
    hgc_decref(session);
    hgc_decref(server);
    return hgc_runtime_free(rt) != 0;
}

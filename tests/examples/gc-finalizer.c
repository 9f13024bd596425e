/* A finalizer may save its object, once. Errors in it are reported, and disturb nothing. */
#include "gc-example.h"
#include <stddef.h>

struct phoenix {
    struct hgc_object head;
    struct hgc_object *itself;
};

static struct hgc_object *saved;

static int save(struct hgc_runtime *rt, struct hgc_object *self) {
    puts("finalizer");
    hgc_assign(&saved, self);
    hgc_set_error(rt, HEAPLINE_BAD_STATE, "this one fails, too");
    return -1;
}

static void report(struct hgc_runtime *rt, struct hgc_object *o, void *arg) {
    (void)arg;
    printf("error in a %s's finalizer: %s\n", hgc_type_name(hgc_type_of(o)),
           hgc_error(rt)->message);
}

int main(void) {
    static const uint16_t fields[] = {offsetof(struct phoenix, itself)};
    static const struct hgc_type_spec spec = {.name = "phoenix",
                                              .size = sizeof(struct phoenix),
                                              .flags = HGC_TYPE_GC,
                                              .fields = fields,
                                              .nfields = 1,
                                              .finalize = save};
    struct hgc_runtime *rt = need_runtime();
    hgc_set_unraisable(rt, report, NULL);
    struct hgc_type *type = need(rt, hgc_type_new(rt, &spec));
    struct phoenix *o = need(rt, hgc_new(rt, type));
    hgc_assign(&o->itself, &o->head);
    hgc_decref(&o->head);

    printf("collected: %d\n", (int)done(rt, hgc_collect(rt, 2)));
    printf("saved: %d, finalized: %d\n", saved != NULL, hgc_is_finalized(saved));
    hgc_assign(&saved, NULL);
    printf("collected: %d\n", (int)done(rt, hgc_collect(rt, 2)));
    return hgc_runtime_free(rt) != 0;
}

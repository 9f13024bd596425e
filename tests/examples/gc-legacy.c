/* A legacy finalizer never runs in a collection: an object in a cycle goes to the garbage, for the
 * program to look at and to take out of it. */
#include "gc-example.h"
#include <stddef.h>

struct stage {
    struct hgc_object head;
    struct hgc_object *members;
    const char *name;
};

static int close_stage(struct hgc_runtime *rt, struct hgc_object *self) {
    (void)rt;
    printf("%s: closed\n", ((struct stage *)self)->name);
    return 0;
}

static struct stage *make_stage(struct hgc_runtime *rt, struct hgc_type *type, const char *name) {
    struct stage *s = need(rt, hgc_new(rt, type));
    s->name = name;
    return s;
}

/* One that is a member of itself. */
static void drop_cycle(struct hgc_runtime *rt, struct hgc_type *type) {
    struct stage *s = make_stage(rt, type, "second");
    s->members = need(rt, hgc_list_new(rt, NULL, 0));
    done(rt, hgc_list_append(s->members, &s->head));
    hgc_decref(&s->head);
}

static void take_apart(struct hgc_runtime *rt) {
    struct hgc_object *garbage = hgc_garbage_borrow(rt);
    for (int64_t i = 0; i < hgc_len(garbage); i++) {
        struct stage *s = (struct stage *)hgc_get_borrow(garbage, i);
        printf("%s: uncollectable\n", s->name);
        hgc_assign(&s->members, NULL); /* the cycle is none any more */
    }
    done(rt, hgc_clear(garbage));
}

int main(void) {
    static const uint16_t fields[] = {offsetof(struct stage, members)};
    static const struct hgc_type_spec spec = {.name = "stage",
                                              .size = sizeof(struct stage),
                                              .flags = HGC_TYPE_GC | HGC_TYPE_LEGACY_FINALIZE,
                                              .fields = fields,
                                              .nfields = 1,
                                              .finalize = close_stage};
    struct hgc_stats stats[3];
    struct hgc_runtime *rt = need_runtime();
    struct hgc_type *type = need(rt, hgc_type_new(rt, &spec));
    hgc_decref(&make_stage(rt, type, "first")->head);

    drop_cycle(rt, type);
    printf("unreachable: %d\n", (int)done(rt, hgc_collect(rt, 2)));
    hgc_get_stats(rt, stats);
    printf("collected %d, uncollectable %d\n", (int)stats[2].collected,
           (int)stats[2].uncollectable);
    take_apart(rt);
    printf("unreachable: %d\n", (int)done(rt, hgc_collect(rt, 2)));
    return hgc_runtime_free(rt) != 0;
}

/* Two objects that refer to each other: only the collector finds that nobody else does. */
#include <heapline_gc.h>
#include <stddef.h>
#include <stdio.h>

struct node {
    struct hgc_object head; /* always first */
    struct hgc_object *next;
    const char *name;
};

static int say(struct hgc_runtime *rt, struct hgc_object *self) {
    (void)rt;
    printf("%s dies\n", ((struct node *)self)->name);
    return 0;
}

int main(void) {
    static const uint16_t fields[] = {offsetof(struct node, next)};
    static const struct hgc_type_spec spec = {.name = "node",
                                              .size = sizeof(struct node),
                                              .flags = HGC_TYPE_GC,
                                              .fields = fields,
                                              .nfields = 1,
                                              .finalize = say};
    struct heapline_error err;
    struct hgc_runtime *rt = hgc_runtime_new(&err);
    if (!rt) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    struct hgc_type *type = hgc_type_new(rt, &spec);
    struct node *a = type ? (struct node *)hgc_new(rt, type) : NULL;
    struct node *b = a ? (struct node *)hgc_new(rt, type) : NULL;
    if (!b) {
        fprintf(stderr, "%s\n", hgc_error(rt)->message);
        return 1;
    }
    a->name = "A";
    b->name = "B";
    hgc_assign(&a->next, &b->head);
    hgc_assign(&b->next, &a->head);
    hgc_decref(&a->head);
    hgc_decref(&b->head);
    printf("still there: each holds the other\n");
    printf("collected %d\n", (int)hgc_collect(rt, 2));
    return hgc_runtime_free(rt) != 0;
}

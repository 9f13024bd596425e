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
    struct hgc_runtime *rt = hgc_runtime_new(NULL);
    struct hgc_type *type = hgc_type_new(rt, &spec);
    struct node *a = (struct node *)hgc_new(rt, type);
    struct node *b = (struct node *)hgc_new(rt, type);
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

/* A cycle is the collector's, unless it is broken by hand. */
#include "gc-example.h"
#include <stddef.h>

struct node {
    struct hgc_object head;
    struct hgc_object *next;
    int value;
};

static struct node *new_node(struct hgc_runtime *rt, struct hgc_type *type, int value) {
    struct node *node = need(rt, hgc_new(rt, type));
    node->value = value;
    return node;
}

static void make_and_drop(struct hgc_runtime *rt, struct hgc_type *type, int by_hand) {
    struct node *a = new_node(rt, type, 10), *b = new_node(rt, type, 20);
    hgc_assign(&a->next, &b->head);
    hgc_assign(&b->next, &a->head);
    if (by_hand)
        hgc_assign(&a->next, NULL);
    hgc_decref(&a->head);
    hgc_decref(&b->head);
}

int main(void) {
    static const uint16_t fields[] = {offsetof(struct node, next)};
    static const struct hgc_type_spec spec = {.name = "Node",
                                              .size = sizeof(struct node),
                                              .flags = HGC_TYPE_GC,
                                              .fields = fields,
                                              .nfields = 1};
    struct hgc_runtime *rt = need_runtime();
    struct hgc_type *type = need(rt, hgc_type_new(rt, &spec));
    make_and_drop(rt, type, 0);
    printf("left alone: %d collected\n", (int)done(rt, hgc_collect(rt, 2)));
    make_and_drop(rt, type, 1);
    printf("broken by hand: %d collected\n", (int)done(rt, hgc_collect(rt, 2)));
    return hgc_runtime_free(rt) != 0;
}

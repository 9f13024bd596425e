/* Makes objects of the runtime, some of them in cycles, and says how many it keeps: "KEPT objects
 * in BYTES bytes". With an argument it keeps as many more. Linked with libheapline-gc alone. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include "heapline_objects.h"

struct node {
    struct hgc_object head;
    struct hgc_object *next;
};

enum { CYCLES = 1000, KEPT = 500 };

static struct hgc_type *make_type(struct hgc_runtime *rt) {
    static const uint16_t fields[] = {offsetof(struct node, next)};
    const struct hgc_type_spec spec = {.name = "node",
                                       .size = sizeof(struct node),
                                       .flags = HGC_TYPE_GC,
                                       .fields = fields,
                                       .nfields = 1};
    return hgc_type_new(rt, &spec);
}

static struct hgc_object *make_node(struct hgc_runtime *rt, struct hgc_type *type,
                                    struct hgc_object *next) {
    struct node *n = (struct node *)hgc_new(rt, type);
    if (!n)
        abort();
    hgc_assign(&n->next, next);
    return &n->head;
}

static void make_cycles(struct hgc_runtime *rt, struct hgc_type *type) {
    for (int i = 0; i < CYCLES; i++) {
        struct hgc_object *a = make_node(rt, type, NULL), *b = make_node(rt, type, a);
        hgc_assign(&((struct node *)a)->next, b);
        hgc_decref(a);
        hgc_decref(b);
    }
    hgc_collect(rt, 2);
}

int main(int argc, char **argv) {
    struct hgc_runtime *rt = hgc_runtime_new(NULL);
    struct hgc_type *type = rt ? make_type(rt) : NULL;
    struct hgc_object *chain = NULL;
    int kept = KEPT + (argc > 1 ? atoi(argv[1]) : 0);
    if (!type)
        return 1;
    make_cycles(rt, type);
    for (int i = 0; i < kept; i++) {
        struct hgc_object *n = make_node(rt, type, chain);
        hgc_decref(chain);
        chain = n;
    }
    printf("%d objects in %d bytes\n", kept, kept * (int)sizeof(struct node));
    return 0; /* and leaks them */
}

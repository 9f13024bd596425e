/* A type that says by functions what its objects own: here an array that grows. */
#include "gc-example.h"

struct stack {
    struct hgc_object head;
    struct hgc_object **items;
    size_t count, capacity;
};

static int traverse(struct hgc_object *self, hgc_visit_fn *visit, void *arg) {
    struct stack *s = (struct stack *)self;
    int result = 0;
    for (size_t i = 0; i < s->count && result == 0; i++)
        result = visit(s->items[i], arg);
    return result;
}

/* The stack is shorter before the item goes, whose death may run code that looks at it. */
static void clear(struct hgc_object *self) {
    struct stack *s = (struct stack *)self;
    while (s->count)
        hgc_decref(s->items[--s->count]);
}

static void dealloc(struct hgc_object *self) {
    clear(self);
    free(((struct stack *)self)->items);
}

static int push(struct hgc_runtime *rt, struct stack *s, struct hgc_object *o) {
    if (s->count == s->capacity) {
        size_t capacity = s->capacity * 2 + 4;
        void *items = realloc(s->items, capacity * sizeof *s->items);
        if (!items) {
            hgc_set_error(rt, HEAPLINE_NO_MEMORY, "the stack cannot grow");
            return -1;
        }
        s->items = items;
        s->capacity = capacity;
    }
    s->items[s->count++] = hgc_incref(o);
    return 0;
}

int main(void) {
    static const struct hgc_type_spec spec = {.name = "stack",
                                              .size = sizeof(struct stack),
                                              .flags = HGC_TYPE_GC,
                                              .traverse = traverse,
                                              .clear = clear,
                                              .dealloc = dealloc};
    struct hgc_runtime *rt = need_runtime();
    struct hgc_type *type = need(rt, hgc_type_new(rt, &spec));
    struct stack *s = need(rt, hgc_new(rt, type));
    for (int i = 0; i < 10; i++) {
        struct hgc_object *list = need(rt, hgc_list_new(rt, NULL, 0));
        done(rt, push(rt, s, list));
        hgc_decref(list);
    }
    done(rt, push(rt, s, &s->head));
    hgc_decref(&s->head);
    printf("collected: %d\n", (int)done(rt, hgc_collect(rt, 2)));
    return hgc_runtime_free(rt) != 0;
}

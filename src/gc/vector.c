#include "gc/vector.h"
#include "gc/pages.h"

enum { KEPT = 1 << 14, CUT = 1 << 16 }; /* items */

int vector_reserve(struct vector *v, size_t count) {
    size_t capacity = v->capacity ? v->capacity : 512;
    while (capacity < count)
        capacity *= 2;
    if (capacity == v->capacity)
        return 0;
    void *items =
        pages_resize(v->items, v->capacity * sizeof *v->items, capacity * sizeof *v->items);
    if (!items)
        return -1;
    v->items = items;
    v->capacity = capacity;
    return 0;
}

void vector_clear(struct vector *v) {
    v->count = 0;
    if (v->capacity > KEPT)
        vector_fini(v);
}

void vector_fini(struct vector *v) {
    if (v->items)
        pages_free(v->items, v->capacity * sizeof *v->items);
    *v = (struct vector){0};
}

int vector_cut(struct vector *v) {
    v->count = 0;
    if (v->capacity <= CUT) {
        vector_fini(v);
        return 0;
    }
    v->capacity -= CUT;
    pages_free(v->items + v->capacity, CUT * sizeof *v->items);
    return 1;
}

/* A growing array of pointers in pages of its own: no malloc, errno left alone. Begin with {0}.
 * Not thread-safe. */
#ifndef GC_VECTOR_H
#define GC_VECTOR_H

#include <stddef.h>

struct vector {
    void **items;
    size_t count, capacity;
};

/* Room for `count` items in all: 0, or -1 without memory. */
int vector_reserve(struct vector *v, size_t count);
/* No items; a large array's pages go back. */
void vector_clear(struct vector *v);
void vector_fini(struct vector *v);
/* No items; of a large array's pages some go back: 1, or 0 when none is left. Pages that are many
 * take their time to free. */
int vector_cut(struct vector *v);

static inline int vector_push(struct vector *v, void *item) {
    if (__builtin_expect(v->count == v->capacity, 0) && vector_reserve(v, v->count + 1))
        return -1;
    v->items[v->count++] = item;
    return 0;
}

#endif

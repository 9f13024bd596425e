#include "work.h"

static void *grown(void *memory, size_t bytes) {
    void *larger = realloc(memory, bytes);
    if (!larger)
        abort();
    return larger;
}

/* Recursive but for the last field, so that chains are a loop. */
void counted_release(ref o) {
    while (o->words == NODE_WORDS) {
        ref first = o->slots[0].field, second = o->slots[1].field;
        freelist_give(o, NODE_WORDS);
        if (first)
            drop(first);
        if (!second || --second->refcount)
            return;
        o = second;
    }
    freelist_give(o, INT_WORDS);
}

void items_grow(list_ref list) {
    list->room = list->room + list->room / 2 + 8;
    list->items = grown(list->items, list->room * sizeof *list->items);
}

/* Two thirds of the index are used at most. */
void table_grow(dict_ref t) {
    size_t size = t->mask ? (t->mask + 1) * 2 : 8;
    t->mask = size - 1;
    t->room = size * 2 / 3;
    t->entries = grown(t->entries, t->room * sizeof *t->entries);
    free(t->index);
    t->index = calloc(size, sizeof *t->index);
    if (!t->index)
        abort();
    for (size_t entry = 0; entry < t->used; entry++) {
        size_t i = t->entries[entry].hash & t->mask;
        while (t->index[i])
            i = (i + 1) & t->mask;
        t->index[i] = (uint32_t)entry + 1;
    }
}

ref dict_get(const struct table *t, ref key) {
    size_t i = dict_place(t, key);
    return t->index[i] ? hold(t->entries[t->index[i] - 1].value) : NULL;
}

#include "gc/scratch.h"
#include "gc/pages.h"

static size_t place_of(const struct scratch_table *t, const void *object) {
    size_t mask = t->capacity - 1;
    size_t i = (uintptr_t)object * UINT64_C(0x9e3779b97f4a7c15) >> 32 & mask;
    while (t->entries[i].object && t->entries[i].object != object)
        i = (i + 1) & mask;
    return i;
}

static int grow(struct scratch_table *t) {
    struct scratch_table larger = {.capacity = t->capacity ? t->capacity * 2 : 256,
                                   .used = t->used};
    larger.entries = pages_alloc(larger.capacity * sizeof *larger.entries);
    if (!larger.entries)
        return -1;
    for (size_t i = 0; i < t->capacity; i++)
        if (t->entries[i].object)
            larger.entries[place_of(&larger, t->entries[i].object)] = t->entries[i];
    scratch_fini(t);
    *t = larger;
    return 0;
}

void scratch_count_more(struct scratch_table *t, const void *object) {
    if (t->used * 2 >= t->capacity && grow(t)) {
        t->failed = 1;
        return;
    }
    struct scratch_entry *e = &t->entries[place_of(t, object)];
    if (!e->object) {
        *e = (struct scratch_entry){object, SCRATCH_FULL};
        t->used++;
    }
    e->count++;
}

uint64_t scratch_get_more(const struct scratch_table *t, const void *object) {
    if (!t->capacity)
        return SCRATCH_FULL;
    const struct scratch_entry *e = &t->entries[place_of(t, object)];
    return e->object ? e->count : SCRATCH_FULL;
}

void scratch_fini(struct scratch_table *t) {
    if (t->entries)
        pages_free(t->entries, t->capacity * sizeof *t->entries);
    *t = (struct scratch_table){0};
}

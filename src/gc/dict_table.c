#include "gc/dict_table.h"
#include <string.h>
#include "gc/storage.h"

enum { PLACES_MIN = 8, PLACES_MAX = 1 << 30 };

static uint8_t free_place = DICT_FREE;
struct dict_table dict_table_none = {.indices = &free_place, .only_ints = 1};

/* Two thirds. */
static uint32_t room_of(uint64_t places) {
    return (uint32_t)(places * 2 / 3);
}

static size_t size_of(uint64_t places) {
    return sizeof(struct dict_table) + room_of(places) * sizeof(struct dict_entry) +
           places * dict_index_bytes((uint32_t)(places - 1));
}

size_t dict_table_size(const struct dict_table *t) {
    return t->room ? size_of((uint64_t)t->mask + 1) : 0;
}

/* For thrice the entries. */
static uint64_t places_wanted(const struct dict_table *t) {
    uint64_t places = PLACES_MIN;
    while (places < dict_table_count(t) * UINT64_C(3))
        places *= 2;
    return places;
}

static void set_places(struct dict_table *t, uint64_t places) {
    t->room = room_of(places);
    t->mask = (uint32_t)(places - 1);
    t->indices = &t->entries[t->room];
    t->quick_mask = t->is_quick && dict_index_bytes(t->mask) == 4 ? t->mask : 0;
}

/* Names all entries in indices that are free. */
static void name_entries(struct dict_table *t) {
    for (uint32_t i = 0; i < t->used; i++) {
        struct dict_probe p = dict_first_place(t, t->entries[i].hash);
        while (dict_index(t, p.at) != DICT_FREE)
            dict_next_place(t, &p);
        dict_set_index(t, p.at, i + DICT_FIRST_ENTRY);
    }
}

static uint32_t count_dense(const struct dict_table *t) {
    uint32_t dense = 0;
    while (t->is_quick && dense < t->used && t->entries[dense].hash - t->first == dense)
        dense++;
    return dense;
}

/* The entries with keys, one behind the other. */
static void copy_entries(struct dict_table *to, const struct dict_table *from) {
    uint32_t used = 0;
    for (uint32_t i = 0; i < from->used; i++)
        if (from->entries[i].key)
            to->entries[used++] = from->entries[i];
    to->used = used;
    to->deleted = 0;
    to->first = used ? to->entries[0].hash : 0;
    to->dense = count_dense(to);
}

/* Without entries; for such keys as `old` may have. */
static struct dict_table *make(struct hgc_runtime *rt, struct hgc_object *o,
                               const struct dict_table *old, uint64_t places) {
    struct dict_table *t = storage_alloc(rt, o, size_of(places));
    if (!t)
        return NULL;
    *t =
        (struct dict_table){.only_ints = old->only_ints, .is_quick = old->only_ints && !rt->stress};
    set_places(t, places);
    if (!storage_is_pages(size_of(places)))
        memset(t->indices, DICT_FREE, places * dict_index_bytes(t->mask));
    return t;
}

static struct dict_table *copy(struct hgc_runtime *rt, struct hgc_object *o, struct dict_table *old,
                               uint64_t places) {
    struct dict_table *t = make(rt, o, old, places);
    if (!t)
        return NULL;
    copy_entries(t, old);
    name_entries(t);
    dict_table_free(rt, o, old);
    return t;
}

/* Room for twice the entries reaches beyond the old indices, so the new ones are in untouched
 * pages: all free. */
static struct dict_table *enlarge(struct hgc_runtime *rt, struct hgc_object *o,
                                  struct dict_table *old, uint64_t places) {
    struct dict_table *t = storage_resize(rt, o, old, dict_table_size(old), size_of(places));
    if (!t)
        return NULL;
    set_places(t, places);
    if (t->deleted)
        copy_entries(t, t);
    name_entries(t);
    return t;
}

struct dict_table *dict_table_grow(struct hgc_runtime *rt, struct hgc_object *o,
                                   struct dict_table *t) {
    uint64_t places = places_wanted(t);
    if (places > PLACES_MAX) {
        gc_fail(rt, HEAPLINE_NO_MEMORY, NULL, "the dict is too large");
        return NULL;
    }
    int is_larger = places > t->mask + UINT64_C(1) && storage_is_pages(dict_table_size(t));
    return is_larger ? enlarge(rt, o, t, places) : copy(rt, o, t, places);
}

void dict_table_free(struct hgc_runtime *rt, struct hgc_object *o, struct dict_table *t) {
    if (t != &dict_table_none)
        storage_free(rt, o, t, dict_table_size(t));
}

void dict_table_take_any(struct dict_table *t) {
    t->only_ints = t->is_quick = 0;
    t->quick_mask = t->dense = 0;
}

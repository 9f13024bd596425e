/* What works on several kinds of containers. */
#include "gc/check.h"
#include "gc/dict.h"
#include "gc/list.h"
#include "gc/storage.h"
#include "gc/str.h"
#include "heapline_objects.h"

static int64_t count_characters(const struct str *s) {
    int64_t count = 0;
    for (uint32_t i = 0; i < s->size; i++)
        count += (s->text[i] & 0xC0) != 0x80;
    return count;
}

int64_t hgc_len(const struct hgc_object *container) {
    switch (container->type) {
    case TYPE_LIST:
        return ((const struct list *)container)->count;
    case TYPE_TUPLE:
        return (int64_t)((const struct tuple *)container)->count;
    case TYPE_DICT:
        return dict_table_count(((const struct dict *)container)->table);
    case TYPE_STR:
        return count_characters((const struct str *)container);
    default:
        return gc_fail(runtime_of(container), HEAPLINE_BAD_TYPE, type_of(container)->name,
                       "has no length");
    }
}

/* The container is empty before the first item is released: that may run user code. */
static void clear_list(struct hgc_runtime *rt, struct list *l) {
    struct list gone = *l;
    l->items = NULL;
    l->count = l->capacity = 0;
    while (gone.count)
        hgc_decref(gone.items[--gone.count]);
    storage_free(rt, &l->head, gone.items, gone.capacity * sizeof *gone.items);
}

static void clear_dict(struct hgc_runtime *rt, struct dict *d) {
    struct dict_table *t = d->table;
    d->table = &dict_table_none;
    for (uint32_t i = 0; i < t->used; i++) {
        hgc_decref(t->entries[i].key);
        hgc_decref(t->entries[i].value);
    }
    dict_table_free(rt, &d->head, t);
}

int hgc_clear(struct hgc_object *container) {
    struct hgc_runtime *rt = runtime_of(container);
    check_owner(rt);
    if (is_type(container, TYPE_LIST))
        clear_list(rt, (struct list *)container);
    else if (is_type(container, TYPE_DICT))
        clear_dict(rt, (struct dict *)container);
    else
        return gc_fail(rt, HEAPLINE_BAD_TYPE, type_of(container)->name, "not a list or dict");
    return 0;
}

#include "gc/list.h"
#include <string.h>
#include "gc/check.h"
#include "gc/object.h"
#include "gc/storage.h"
#include "heapline_objects.h"

enum { COUNT_MAX = UINT32_MAX - 1024, ON_STACK = 64 };

static void fini(struct hgc_runtime *rt, struct hgc_object *o) {
    struct list *l = (struct list *)o;
    storage_free(rt, o, l->items, l->capacity * sizeof *l->items);
    l->items = NULL;
    l->count = l->capacity = 0;
}

const struct hgc_type list_type = {.name = "list", .kind = KIND_LIST, .cyclic = 1, .fini = fini};
const struct hgc_type tuple_type = {.name = "tuple", .kind = KIND_TUPLE, .cyclic = 1};

/* NULL with BAD_TYPE for what is no list. */
static struct list *as_list(struct hgc_object *o) {
    check_owner(runtime_of(o));
    if (is_type(o, TYPE_LIST))
        return (struct list *)o;
    gc_fail(runtime_of(o), HEAPLINE_BAD_TYPE, type_of(o)->name, "not a list");
    return NULL;
}

int64_t list_index(struct hgc_runtime *rt, int64_t i, uint64_t count) {
    if (i < 0)
        i += (int64_t)count;
    if (i >= 0 && (uint64_t)i < count)
        return i;
    return gc_fail(rt, HEAPLINE_BAD_INDEX, NULL, "index out of range");
}

static int set_capacity(struct hgc_runtime *rt, struct list *l, uint64_t capacity) {
    if (capacity > COUNT_MAX)
        return gc_fail(rt, HEAPLINE_NO_MEMORY, NULL, "the list is too long");
    size_t room = storage_room(capacity * sizeof *l->items) / sizeof *l->items;
    void *items = storage_resize(rt, &l->head, l->items, l->capacity * sizeof *l->items,
                                 room * sizeof *l->items);
    if (!items)
        return -1;
    l->items = items;
    l->capacity = (uint32_t)room;
    return 0;
}

/* An eighth more than needed, so that appending costs the same however long the list is. */
static int reserve_one(struct hgc_runtime *rt, struct list *l) {
    if (likely(l->count < l->capacity))
        return 0;
    return set_capacity(rt, l, l->count + UINT64_C(1) + l->count / 8 + 3);
}

/* Memory that deletions have left over goes back; if it cannot, it stays. */
static void shrink(struct hgc_runtime *rt, struct list *l) {
    if (l->count == 0)
        fini(rt, &l->head);
    else if (l->capacity > 16 && l->count < l->capacity / 2)
        (void)set_capacity(rt, l, l->count + l->count / UINT64_C(8));
}

static int check_objects(struct hgc_runtime *rt, struct hgc_object *const *items, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (gc_check_object(rt, items[i]))
            return -1;
    return 0;
}

struct hgc_object *hgc_list_new(struct hgc_runtime *rt, struct hgc_object *const *items, size_t n) {
    check_owner(rt);
    if (check_objects(rt, items, n))
        return NULL;
    struct list *l = (struct list *)object_make(rt, rt->types[TYPE_LIST]);
    if (!l)
        return NULL;
    l->items = NULL;
    l->count = l->capacity = 0;
    if (n == 0)
        return &l->head;
    if (set_capacity(rt, l, n)) {
        hgc_decref(&l->head);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        l->items[i] = hgc_incref(items[i]);
    l->count = (uint32_t)n;
    return &l->head;
}

static __attribute__((noinline)) int append_slowly(struct hgc_object *list, struct hgc_object *o) {
    struct list *l = as_list(list);
    if (!l || gc_check_object(runtime_of(list), o) || reserve_one(runtime_of(list), l))
        return -1;
    l->items[l->count++] = hgc_incref(o);
    return 0;
}

/* Without a stack frame where there is room. */
FROM_LINE_START int hgc_list_append(struct hgc_object *list, struct hgc_object *o) {
    struct list *l = (struct list *)list;
    if (unlikely(!is_type(list, TYPE_LIST) || !o || l->count == l->capacity ||
                 runtime_of(list)->stress))
        return append_slowly(list, o);
    l->items[l->count++] = hgc_incref(o);
    return 0;
}

int hgc_list_set(struct hgc_object *list, int64_t i, struct hgc_object *o) {
    struct list *l = as_list(list);
    int64_t at = l ? list_index(runtime_of(list), i, l->count) : -1;
    if (at < 0 || gc_check_object(runtime_of(list), o))
        return -1;
    hgc_assign(&l->items[at], o);
    return 0;
}

static int64_t clamp(int64_t i, uint32_t count) {
    if (i < 0)
        i += count;
    return i < 0 ? 0 : i > (int64_t)count ? (int64_t)count : i;
}

int hgc_list_insert(struct hgc_object *list, int64_t i, struct hgc_object *o) {
    struct list *l = as_list(list);
    if (!l || gc_check_object(runtime_of(list), o) || reserve_one(runtime_of(list), l))
        return -1;
    size_t at = (size_t)clamp(i, l->count);
    memmove(&l->items[at + 1], &l->items[at], (l->count - at) * sizeof *l->items);
    l->items[at] = hgc_incref(o);
    l->count++;
    return 0;
}

struct hgc_object *hgc_list_pop(struct hgc_object *list, int64_t i) {
    struct list *l = as_list(list);
    int64_t at = l ? list_index(runtime_of(list), i, l->count) : -1;
    if (at < 0)
        return NULL;
    struct hgc_object *o = l->items[at];
    l->count--;
    memmove(&l->items[at], &l->items[at + 1], (l->count - (size_t)at) * sizeof *l->items);
    shrink(runtime_of(list), l);
    return o;
}

/* The items leave the list before the first of them is released: that may run user code. */
int hgc_list_delete(struct hgc_object *list, int64_t from, int64_t to) {
    struct list *l = as_list(list);
    if (!l)
        return -1;
    struct hgc_runtime *rt = runtime_of(list);
    size_t begin = (size_t)clamp(from, l->count), end = (size_t)clamp(to, l->count);
    if (begin >= end)
        return 0;
    size_t n = end - begin, size = n * sizeof *l->items;
    struct hgc_object *on_stack[ON_STACK], **gone = on_stack;
    if (n > ON_STACK && !(gone = storage_alloc(rt, NULL, size)))
        return -1;
    memcpy(gone, &l->items[begin], size);
    memmove(&l->items[begin], &l->items[end], (l->count - end) * sizeof *l->items);
    l->count -= (uint32_t)n;
    shrink(rt, l);
    while (n--)
        hgc_decref(gone[n]);
    if (gone != on_stack)
        storage_free(rt, NULL, gone, size);
    return 0;
}

/* --- tuples --- */

int tuple_init(struct hgc_runtime *rt) {
    struct tuple *t = (struct tuple *)object_make_sized(rt, rt->types[TYPE_TUPLE], sizeof *t);
    if (!t)
        return -1;
    t->count = 0;
    object_untrack(rt, &t->head);
    t->head.refcount = REFCOUNT_IMMORTAL;
    rt->empty_tuple = &t->head;
    return 0;
}

struct hgc_object *hgc_tuple_new(struct hgc_runtime *rt, struct hgc_object *const *items,
                                 size_t n) {
    check_owner(rt);
    if (n == 0)
        return rt->empty_tuple;
    if (check_objects(rt, items, n))
        return NULL;
    if (n > COUNT_MAX) {
        gc_fail(rt, HEAPLINE_NO_MEMORY, NULL, "the tuple is too long");
        return NULL;
    }
    struct tuple *t = (struct tuple *)object_make_sized(rt, rt->types[TYPE_TUPLE],
                                                        sizeof *t + n * sizeof *t->items);
    if (!t)
        return NULL;
    t->count = n;
    for (size_t i = 0; i < n; i++)
        t->items[i] = hgc_incref(items[i]);
    return &t->head;
}

/* --- both --- */

struct hgc_object *hgc_get_borrow(struct hgc_object *seq, int64_t i) {
    struct hgc_object **items;
    uint64_t count;
    if (is_type(seq, TYPE_LIST)) {
        items = ((struct list *)seq)->items;
        count = ((struct list *)seq)->count;
    } else if (is_type(seq, TYPE_TUPLE)) {
        items = ((struct tuple *)seq)->items;
        count = ((struct tuple *)seq)->count;
    } else {
        gc_fail(runtime_of(seq), HEAPLINE_BAD_TYPE, type_of(seq)->name, "not a list or tuple");
        return NULL;
    }
    int64_t at = list_index(runtime_of(seq), i, count);
    return at < 0 ? NULL : items[at];
}

struct hgc_object *hgc_get(struct hgc_object *seq, int64_t i) {
    return hgc_incref(hgc_get_borrow(seq, i));
}

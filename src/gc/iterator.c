#include "gc/iterator.h"
#include <stddef.h>
#include "gc/check.h"
#include "gc/dict.h"
#include "gc/list.h"
#include "gc/object.h"
#include "heapline_objects.h"

const struct hgc_type iterator_type = {.name = "iterator",
                                       .kind = KIND_RANGE,
                                       .cyclic = 1,
                                       .first = offsetof(struct iterator, container),
                                       .nfields = 1};

struct hgc_object *hgc_iter(struct hgc_object *container) {
    struct hgc_runtime *rt = runtime_of(container);
    check_owner(rt);
    int is_dict = is_type(container, TYPE_DICT);
    if (!is_dict && !is_type(container, TYPE_LIST) && !is_type(container, TYPE_TUPLE)) {
        gc_fail(rt, HEAPLINE_BAD_TYPE, type_of(container)->name, "cannot be iterated over");
        return NULL;
    }
    struct iterator *it = (struct iterator *)object_make(rt, rt->types[TYPE_ITERATOR]);
    if (!it)
        return NULL;
    it->container = hgc_incref(container);
    it->position = 0;
    it->count = is_dict ? (uint64_t)hgc_len(container) : 0;
    return &it->head;
}

static int end(struct iterator *it) {
    hgc_assign(&it->container, NULL);
    return 0;
}

static int next_key(struct iterator *it, struct hgc_object **out) {
    size_t position = it->position;
    if ((uint64_t)hgc_len(it->container) != it->count) {
        it->count = UINT64_MAX; /* for good */
        return gc_fail(runtime_of(&it->head), HEAPLINE_BAD_STATE, NULL,
                       "the dict has changed while it was iterated over");
    }
    if (!hgc_dict_next_borrow(it->container, &position, out, NULL))
        return end(it);
    it->position = position;
    hgc_incref(*out);
    return 1;
}

int iterator_next(struct hgc_object *o, struct hgc_object **out) {
    struct iterator *it = (struct iterator *)o;
    check_owner(runtime_of(o));
    if (!it->container)
        return 0;
    if (is_type(it->container, TYPE_DICT))
        return next_key(it, out);
    if ((int64_t)it->position >= hgc_len(it->container))
        return end(it);
    *out = hgc_get(it->container, (int64_t)it->position++);
    return 1;
}

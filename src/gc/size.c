/* What one object takes. */
#include "gc/class.h"
#include "gc/dict.h"
#include "gc/list.h"
#include "gc/storage.h"
#include "gc/type.h"

static size_t references(size_t count) {
    return count ? storage_room(count * sizeof(struct hgc_object *)) : 0;
}

static size_t storage_size(const struct hgc_object *o, const struct hgc_type *t) {
    size_t size;
    switch ((enum kind)t->kind) {
    case KIND_LIST:
        return references(((const struct list *)o)->capacity);
    case KIND_DICT:
        size = dict_table_size(((const struct dict *)o)->table);
        return size ? storage_room(size) : 0;
    case KIND_INSTANCE:
        return references(instance_room((const struct instance *)o));
    default:
        return is_type(o, TYPE_CLASS) ? references(((const struct class_object *)o)->name_room) : 0;
    }
}

size_t hgc_get_size(const struct hgc_object *o) {
    return slab_slot_bytes(slab_of(o)) + storage_size(o, type_of(o));
}

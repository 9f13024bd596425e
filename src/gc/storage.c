#include "gc/storage.h"
#include <string.h>
#include "gc/pages.h"
#include "gc/publish.h"

static void *take(struct hgc_runtime *rt, size_t size) {
    if (size > SLAB_SLOT_MAX)
        return pages_alloc(size);
    unsigned size_class = slab_class_of(size);
    return slab_take(rt, &rt->slabs.classes[SLAB_STORAGE][size_class], SLAB_STORAGE, size_class);
}

static void put(void *storage, size_t size) {
    if (size > SLAB_SLOT_MAX)
        pages_free(storage, size);
    else
        slab_put(slab_of(storage), storage);
}

void *storage_alloc(struct hgc_runtime *rt, struct hgc_object *o, size_t size) {
    void *storage = take(rt, size);
    if (!storage) {
        gc_fail_memory(rt);
        return NULL;
    }
    publish_resize(rt, o, (int64_t)storage_room(size));
    return storage;
}

/* From a slab to another place. */
static void *move(struct hgc_runtime *rt, void *old, size_t old_size, size_t size) {
    void *storage = take(rt, size);
    if (storage) {
        memcpy(storage, old, old_size < size ? old_size : size);
        put(old, old_size);
    }
    return storage;
}

void *storage_resize(struct hgc_runtime *rt, struct hgc_object *o, void *old, size_t old_size,
                     size_t size) {
    if (!old)
        return storage_alloc(rt, o, size);
    if (storage_room(size) == storage_room(old_size))
        return old;
    void *storage = old_size > SLAB_SLOT_MAX && size > SLAB_SLOT_MAX
                        ? pages_resize(old, old_size, size)
                        : move(rt, old, old_size, size);
    if (!storage) {
        gc_fail_memory(rt);
        return NULL;
    }
    publish_resize(rt, o, (int64_t)storage_room(size) - (int64_t)storage_room(old_size));
    return storage;
}

void storage_free(struct hgc_runtime *rt, struct hgc_object *o, void *storage, size_t size) {
    if (!storage)
        return;
    publish_resize(rt, o, -(int64_t)storage_room(size));
    put(storage, size);
}

#include "gc/storage.h"
#include <string.h>
#include "gc/pages.h"
#include "gc/publish.h"

static void *take_pages(void *old, size_t old_size, size_t size) {
    return pages_resize(old, pages_to_grow_in(old_size), pages_to_grow_in(size));
}

static void *take(struct hgc_runtime *rt, size_t size) {
    if (storage_is_pages(size))
        return take_pages(NULL, 0, size);
    unsigned size_class = slab_class_of(size);
    return slab_take(rt, &rt->slabs.classes[SLAB_STORAGE][size_class], SLAB_STORAGE, size_class);
}

static void put(void *storage, size_t size) {
    if (storage_is_pages(size))
        pages_free(storage, pages_to_grow_in(size));
    else
        slab_put(slab_of(storage), storage);
}

static int64_t room(size_t size) {
    return size ? (int64_t)storage_room(size) : 0;
}

static int64_t pages_room(size_t size) {
    return storage_is_pages(size) ? room(size) : 0;
}

/* Whole pages are held beside the slabs. Types have storage, too: no object, no trace. */
static inline void changed(struct hgc_runtime *rt, const struct hgc_object *o, size_t old_size,
                           size_t size) {
    if (likely(rt->publisher == NULL))
        return;
    if (o)
        publish_resize(rt, o, room(size) - room(old_size));
    if (pages_room(size) != pages_room(old_size))
        publish_held(pages_room(size) - pages_room(old_size));
}

void *storage_alloc(struct hgc_runtime *rt, struct hgc_object *o, size_t size) {
    void *storage = take(rt, size);
    if (!storage) {
        gc_fail_memory(rt);
        return NULL;
    }
    changed(rt, o, 0, size);
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
    void *storage = storage_is_pages(old_size) && storage_is_pages(size)
                        ? take_pages(old, old_size, size)
                        : move(rt, old, old_size, size);
    if (!storage) {
        gc_fail_memory(rt);
        return NULL;
    }
    changed(rt, o, old_size, size);
    return storage;
}

void storage_free(struct hgc_runtime *rt, struct hgc_object *o, void *storage, size_t size) {
    if (!storage)
        return;
    changed(rt, o, size, 0);
    put(storage, size);
}

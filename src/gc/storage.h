/* Storage of objects beside their slot: arrays of lists, tables of dicts, attributes. From the
 * runtime's slabs where small, else whole pages. Contents are anything at first, but of pages. The
 * owner remembers the size; objects that ask for storage tell the tracer about it (object `o`). */
#ifndef GC_STORAGE_H
#define GC_STORAGE_H

#include <stddef.h>
#include "gc/runtime.h"

/* Is it pages of its own? They come zeroed. */
static inline int storage_is_pages(size_t size) {
    return size > SLAB_SLOT_MAX;
}

/* The bytes that a request of `size` really gets. */
static inline size_t storage_room(size_t size) {
    return storage_is_pages(size) ? (size + 4095) & ~(size_t)4095
                                  : slab_class_size(slab_class_of(size));
}

/* NULL: no memory, as hgc_error says. */
void *storage_alloc(struct hgc_runtime *rt, struct hgc_object *o, size_t size);
/* Another size, maybe elsewhere, with the contents that fit; on failure all is as it was. */
void *storage_resize(struct hgc_runtime *rt, struct hgc_object *o, void *old, size_t old_size,
                     size_t size);
/* NULL is allowed. */
void storage_free(struct hgc_runtime *rt, struct hgc_object *o, void *storage, size_t size);

#endif

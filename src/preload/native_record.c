#include <stddef.h>

#include "preload/hook.h"
#include "preload/native.h"
#include "unwind/unwind.h"

int native_is_on(struct native_allocator *a, const struct unwind_start *start) {
    uint64_t size = a->object.end - a->object.start;
    if (__builtin_expect(!a->is_settled, 0))
        native_settle(a);
    return hook_is_on() && start->ip - a->object.start >= size && !unwind_is_own(start->ip);
}

/* Where the allocator went on to a standard name, its hook has recorded the block. */
void native_allocated(struct native_allocator *a, const void *at, size_t size,
                      const struct unwind_start *start) {
    if (!native_is_on(a, start))
        return;
    if (at == NULL)
        event_failed();
    else if (!event_is_known(at))
        event_allocated(at, size, start);
}

void native_fitted(struct native_allocator *a, const void *at, size_t size,
                   const struct unwind_start *start) {
    if (native_is_on(a, start))
        event_reallocated(at, event_realloc_begin(at), at, size, start);
}

struct native_resize native_resize_begin(struct native_allocator *a, const void *at,
                                         const struct unwind_start *start) {
    struct native_resize r = {.on = native_is_on(a, start)};
    if (r.on && at != NULL)
        r.old = event_realloc_begin(at);
    return r;
}

void native_resize_end(struct native_allocator *a, struct native_resize r, const void *old,
                       const void *at, size_t size, enum native_loss loss,
                       const struct unwind_start *start) {
    if (!r.on)
        return;
    if (old == NULL)
        native_allocated(a, at, size, start);
    else if (at != NULL)
        event_reallocated(old, r.old, at, size, start);
    else if (loss == NATIVE_KEEPS)
        event_realloc_failed(old, r.old);
    else
        event_realloc_freed(old, r.old);
    if (old != NULL && at == NULL && loss == NATIVE_LOSES)
        event_failed();
}

int native_free_begin(struct native_allocator *a, const void *at,
                      const struct unwind_start *start) {
    int on = at != NULL && native_is_on(a, start);
    if (on)
        event_delete_begin(at, start);
    return on;
}

void native_free_end(void) {
    event_delete_end();
}

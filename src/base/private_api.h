/* What libheapline does for the other two libraries alone, when they are in one process. Not in the
 * public headers; the libraries are of one version.
 */
#ifndef BASE_PRIVATE_API_H
#define BASE_PRIVATE_API_H

#include <stddef.h>
#include "heapline.h"

#pragma GCC visibility push(default)

/* What has been recorded so far, as the bytes of a snapshot file in a mapping that the caller gives
 * back with munmap(*bytes, *size); blocks: 1 with every live block. 0, or -1: HEAPLINE_BAD_STATE
 * while tracing is off, HEAPLINE_NO_MEMORY. */
int heapline_private_encode(int blocks, void **bytes, size_t *size, struct heapline_error *err);

struct private_collection {
    unsigned generation; /* 0 to 2 */
    uint64_t nanoseconds, examined, collected, uncollectable;
};

/* The objects of libheapline-gc, which are blocks of the domain HEAPLINE_DOMAIN_OBJECTS. Any
 * thread; nothing is done while tracing is off. */
struct private_objects {
    /* A type's number, for as long as the process lasts; 0: not to be had now. */
    unsigned (*type)(const char *name);
    /* An object was made, by whoever called the library that calls this: its trace, 0 when it is
     * not recorded. To be handed back with all that happens to the object. */
    uint32_t (*born)(uintptr_t object, size_t size, unsigned type);
    void (*died)(uint32_t trace, uintptr_t object, size_t size);
    /* An object has so many bytes more. */
    void (*resized)(uint32_t trace, int64_t bytes);
    /* As heapline_get_traceback. */
    int (*traceback)(uint32_t trace, uintptr_t *address, int max, int *total_nframe);
    void (*collected)(const struct private_collection *what);
    /* There are so many runtimes more, and bytes that they hold for objects. */
    void (*runtimes)(int difference);
    void (*holds)(int64_t bytes);
};
const struct private_objects *heapline_private_objects(void);

#pragma GCC visibility pop

#endif

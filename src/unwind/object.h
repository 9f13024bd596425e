/* A loaded object as a whole. _dl_find_object tells of one segment by itself where the loader has
 * left gaps between them, as it does for large pages. Owns nothing; valid while the object is
 * loaded. Async-signal-safe, no lock. */
#ifndef UNWIND_OBJECT_H
#define UNWIND_OBJECT_H

#include <link.h>
#include <stddef.h>
#include <stdint.h>

struct dl_find_object;
struct object {
    uint64_t start, end;         /* from the first segment to the last one's end */
    const ElfW(Phdr) * segments; /* NULL: not to be had */
    size_t segment_count;
};

void object_describe(struct object *to, const struct dl_find_object *found);

#endif

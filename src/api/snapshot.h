/* The snapshot behind heapline_snapshot.h: some of the traces of a source.
 *
 * Immutable once made but for what is found out when it is first asked for, under the source's
 * lock: then `const` gives way.
 */
#ifndef API_SNAPSHOT_H
#define API_SNAPSHOT_H

#include "api/source.h"
#include "heapline_snapshot.h"

struct heapline_snapshot {
    struct source *source;
    int is_filling;    /* traces may still be added: the view is not made yet */
    int is_filtered;   /* totals of the process are not those of these traces */
    struct image view; /* the source's image with these traces; owns nothing */
    struct pool pool;
    struct image_label *labels;
    uint32_t label_count, label_capacity;
    const struct heapline_trace *traces; /* NULL: not made yet */
    size_t trace_count;
};

/* A snapshot of a whole image, or of frames to be given; takes them over, on failure too. */
struct heapline_snapshot *snapshot_new(struct image *image, struct given *given,
                                       struct heapline_error *err);
/* Another of the same source, with the same labels, and the view still the whole image's. */
struct heapline_snapshot *snapshot_derive(const struct heapline_snapshot *s,
                                          struct heapline_error *err);
/* Each reading call begins with it: the end of filling. -1: HEAPLINE_BAD_ARGUMENT for NULL, or want
 * of memory. `call` is the public name. */
int snapshot_read(const struct heapline_snapshot *s, const char *call, struct heapline_error *err);

/* NULL, HEAPLINE_BAD_ARGUMENT: "CALL: PROBLEM". */
void *snapshot_refuse(struct heapline_error *err, const char *call, const char *problem);

#endif

/* heapline_take_snapshot: libheapline encodes what it has recorded, this library decodes it. */
#include <sys/mman.h>
#include "api/pause.h"
#include "api/snapshot.h"
#include "base/error.h"
#include "base/private_api.h"

/* NULL where libheapline is not in the process. */
#pragma weak heapline_private_encode

struct heapline_snapshot *heapline_take_snapshot(int blocks, struct heapline_error *err) {
    PAUSE_TRACING();
    void *bytes;
    size_t size;
    if (!heapline_private_encode) {
        error_set(err, HEAPLINE_BAD_STATE, 0, __func__,
                  "not tracing: libheapline is not in this process");
        return NULL;
    }
    if (heapline_private_encode(blocks != 0, &bytes, &size, err))
        return NULL;
    struct image *image = image_decode(bytes, size, err);
    munmap(bytes, size);
    return image ? snapshot_new(image, NULL, err) : NULL;
}

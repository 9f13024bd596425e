/* The public and private calls that turn what has been recorded into a snapshot. */
#include "base/buffer.h"
#include "base/error.h"
#include "base/private_api.h"
#include "heapline.h"
#include "snapshot/image.h"
#include "tracer/final.h"
#include "tracer/session.h"

static int check_state(const char *call, struct heapline_error *err) {
    return session_is_recording() ? 0 : error_set(err, HEAPLINE_BAD_STATE, 0, call, "not tracing");
}

int heapline_write_snapshot(const char *path, struct heapline_error *err) {
    if (path == NULL)
        return error_set(err, HEAPLINE_BAD_ARGUMENT, 0, __func__, "no path");
    return check_state(__func__, err) != 0 ? -1 : final_write(path, err);
}

/* The block map names no blocks: `blocks` asks in vain. */
int heapline_private_encode(int blocks, void **bytes, size_t *size, struct heapline_error *err) {
    struct buffer out;
    (void)blocks;
    if (check_state("heapline_take_snapshot", err) != 0 || final_encode(&out, err) != 0)
        return -1;
    buffer_trim(&out);
    *bytes = out.bytes;
    *size = out.size;
    return 0;
}

/* The public and private calls that turn what has been recorded into a snapshot. */
#include "base/buffer.h"
#include "base/error.h"
#include "base/private_api.h"
#include "heapline.h"
#include "snapshot/image.h"
#include "tracer/blockmap.h"
#include "tracer/final.h"
#include "tracer/session.h"
#include "tracer/thread.h"
#include "tracer/tracked.h"
#include "tracer/tree.h"

static int check_state(const char *call, struct heapline_error *err) {
    return session_is_recording() ? 0 : error_set(err, HEAPLINE_BAD_STATE, 0, call, "not tracing");
}

int heapline_write_snapshot(const char *path, struct heapline_error *err) {
    if (path == NULL)
        return error_set(err, HEAPLINE_BAD_ARGUMENT, 0, __func__, "no path");
    return check_state(__func__, err) != 0 ? -1 : final_write(path, err);
}

static void add_block(struct buffer *list, uintptr_t address, uint64_t size, uint32_t site) {
    struct image_block block = {.address = address, .size = size, .site = site};
    if (tree_is_current(site))
        buffer_append(list, &block, sizeof block);
}

static void add_map_block(void *list, uintptr_t at, struct block block) {
    add_block(list, at, block.size, block.site);
}

static void add_tracked_block(void *list, const struct table_block *block) {
    add_block(list, block->address, block->size, block->site);
}

/* Every live block. */
static int list_blocks(struct buffer *list, struct heapline_error *err) {
    struct guard guard;
    struct thread *t = thread_enter_anyway(&guard);
    blockmap_each(add_map_block, list);
    if (t != NULL) {
        tracked_each(add_tracked_block, list);
        thread_leave(t);
    }
    return list->failed ? error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "no memory for a snapshot")
                        : 0;
}

int heapline_private_encode(int blocks, void **bytes, size_t *size, struct heapline_error *err) {
    struct buffer out, list = {0};
    int r = check_state("heapline_take_snapshot", err);
    if (r == 0 && blocks)
        r = list_blocks(&list, err);
    if (r == 0)
        r = final_encode(&out, blocks ? &list : NULL, err);
    buffer_fini(&list);
    if (r != 0)
        return -1;
    buffer_trim(&out);
    *bytes = out.bytes;
    *size = out.size;
    return 0;
}

#include "analysis/path.h"
#include "base/arena.h"

struct path path_begin(struct symbols *symbols, uint32_t node) {
    return (struct path){.symbols = symbols, .node = node};
}

/* The root is no frame, except that an empty path still has one. */
const struct symbol_frame *path_next(struct path *path) {
    const struct symbol_frame *frames;
    if (path->node == ARENA_NODE_ROOT && path->steps)
        return NULL;
    size_t count = symbols_frames(path->symbols, path->node, &frames);
    const struct symbol_frame *frame = &frames[path->index++];
    if (path->index == count) {
        path->node = symbols_image(path->symbols)->nodes[path->node].parent;
        path->index = 0;
    }
    path->steps++;
    return frame;
}

/* After a frame inside libc: moves past the rest of the wrapper that it is part of; 0: of none. */
static int skip_workings(struct path *path) {
    struct path at = *path;
    const struct symbol_frame *frame = path_next(&at);
    while (frame && frame->wrapper == WRAPPER_LIBC)
        frame = path_next(&at);
    if (!frame || frame->wrapper != WRAPPER_YES || !wrappers_is_libc(frame->module))
        return 0;
    *path = at;
    return 1;
}

/* To the first frame that is no wrapper; 0: there is none. */
static int skip_wrappers(struct path *path) {
    for (struct path at = *path;; *path = at) {
        const struct symbol_frame *frame = path_next(&at);
        if (!frame)
            return 0;
        if (frame->wrapper == WRAPPER_NONE)
            return 1;
        if (frame->wrapper == WRAPPER_LIBC && !skip_workings(&at))
            return 1;
    }
}

/* To the first frame of the main program that is no wrapper; 0: there is none. */
static int skip_libraries(struct path *path) {
    const struct image *image = symbols_image(path->symbols);
    for (struct path at = *path;; *path = at) {
        uint32_t flags = image->modules[image->nodes[at.node].module].flags;
        const struct symbol_frame *frame = path_next(&at);
        if (!frame)
            return 0;
        if (flags & ARENA_MODULE_MAIN && frame->wrapper != WRAPPER_YES)
            return 1;
    }
}

/* A path of wrappers only keeps its innermost frame. */
struct path path_blame(struct symbols *symbols, uint32_t node, enum blame blame) {
    const struct path whole = path_begin(symbols, node);
    struct path path = whole;
    if (blame == BLAME_RAW)
        return whole;
    if (blame == BLAME_APP && skip_libraries(&path))
        return path;
    path = whole;
    return skip_wrappers(&path) ? path : whole;
}

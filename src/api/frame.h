/* A frame as the public header has it. Pure. */
#ifndef API_FRAME_H
#define API_FRAME_H

#include <limits.h>
#include "analysis/symbols.h"
#include "heapline_snapshot.h"

static inline int frame_line(int64_t line) {
    return line > INT_MAX ? INT_MAX : line > 0 ? (int)line : 0;
}

static inline struct heapline_frame frame_public(const struct symbol_frame *f) {
    return (struct heapline_frame){f->file, f->function, f->module, frame_line(f->line),
                                   f->inlined};
}

/* What a program gives may lack the file. */
static inline const char *frame_file(const struct heapline_frame *f) {
    return f->file ? f->file : "<unknown>";
}

#endif

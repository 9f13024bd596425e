#include "analysis/shared_frames.h"
#include <stdlib.h>

void shared_frames_init(struct shared_frames *f, struct symbols *symbols, struct intern *texts) {
    *f = (struct shared_frames){.symbols = symbols, .texts = texts};
    f->copies = calloc(symbols_place_count(symbols), sizeof *f->copies);
    f->failed = !f->copies;
}

static const struct symbol_frame *copy(struct shared_frames *f, const struct symbol_frame *frames,
                                       size_t count) {
    struct symbol_frame *copies = pool_array(f->texts->pool, count, sizeof *copies);
    for (size_t i = 0; copies && i < count; i++) {
        copies[i] = frames[i];
        copies[i].file = intern_text(f->texts, frames[i].file);
        copies[i].function = intern_text(f->texts, frames[i].function);
        copies[i].module = intern_text(f->texts, frames[i].module);
    }
    f->failed |= !copies || f->texts->failed;
    return copies;
}

size_t shared_frames_of(struct shared_frames *f, uint32_t node,
                        const struct symbol_frame **frames) {
    static const struct symbol_frame unknown = {.file = "<unknown>"};
    uint32_t place = symbols_place(f->symbols, node);
    size_t count = symbols_frames(f->symbols, node, frames);
    if (f->copies && !f->copies[place])
        f->copies[place] = copy(f, *frames, count);
    *frames = f->copies ? f->copies[place] : NULL;
    if (*frames)
        return count;
    *frames = &unknown;
    return 1;
}

const struct symbol_frame *shared_frames_next(struct shared_frames *f, struct path *path) {
    const struct symbol_frame *frames;
    uint32_t node = path->node, index = path->index;
    if (!path_next(path))
        return NULL;
    frames = f->copies ? f->copies[symbols_place(f->symbols, node)] : NULL;
    if (!frames && shared_frames_of(f, node, &frames) <= index)
        index = 0;
    return &frames[index];
}

void shared_frames_fini(struct shared_frames *f) {
    free(f->copies);
    *f = (struct shared_frames){0};
}

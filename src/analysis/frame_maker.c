#include "analysis/frame_maker.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "analysis/source_path.h"

const struct symbol_frame frame_maker_unknown = {.file = "<unknown>"};

void frame_maker_init(struct frame_maker *m, struct pool *pool, struct intern *texts,
                      const struct wrapper_list *wrappers) {
    *m = (struct frame_maker){.pool = pool, .texts = texts, .wrappers = wrappers};
    names_init(&m->names, pool, texts);
}

static struct symbol_frame *new_frames(struct frame_maker *m, size_t count) {
    struct symbol_frame *frames = pool_array(m->pool, count, sizeof *frames);
    m->failed |= !frames;
    return frames;
}

static void fill(struct frame_maker *m, struct symbol_frame *to, struct symbol_frame frame) {
    frame.wrapper =
        (uint8_t)wrappers_classify(m->wrappers, frame.function, frame.file, frame.module);
    *to = frame;
}

/* --- From debug information --- */

static int is_mangled(const char *name) {
    return !strncmp(name, "_Z", 2) || !strncmp(name, "_R", 2);
}

int frame_maker_wants_symbol(const struct raw_frames *raw) {
    const char *name = raw->count ? raw->items[raw->count - 1].function : NULL;
    return !name || (raw->mangles && !is_mangled(name));
}

static const char *raw_name(const struct raw_frames *raw, size_t i, const char *symbol) {
    const char *name = raw->items[i].function;
    int is_better = i + 1 == raw->count && symbol && (!name || is_mangled(symbol));
    return is_better ? symbol : name;
}

static const char *source_file(struct frame_maker *m, const struct raw_frame *raw) {
    char *path = source_path_new(raw->directory, raw->file);
    m->failed |= !path;
    const char *text = intern_text(m->texts, path ? path : raw->file);
    free(path);
    return text;
}

const struct symbol_frame *frame_maker_raw(struct frame_maker *m, const char *module,
                                           const struct raw_frames *raw, const char *symbol) {
    struct symbol_frame *frames = new_frames(m, raw->count);
    for (size_t i = 0; frames && i < raw->count; i++) {
        const struct raw_frame *from = &raw->items[i];
        fill(m, &frames[i],
             (struct symbol_frame){
                 .file = from->file ? source_file(m, from) : frame_maker_unknown.file,
                 .function = names_readable(&m->names, raw_name(raw, i, symbol)),
                 .module = module,
                 .line = from->line,
                 .inlined = from->inlined != 0,
                 .located = from->file != NULL,
             });
    }
    return frames;
}

/* --- From a snapshot --- */

/* MODULE(SYMBOL+0x1a) and MODULE+0x1234 are no source files. */
static int is_place_in_module(const char *file, const char *module) {
    size_t size = module ? strlen(module) : 0;
    return size && !strncmp(file, module, size) && strchr("(+", file[size]) != NULL;
}

int frame_maker_is_located(const struct image_frame *frame, const char *module) {
    if (!frame->file)
        return frame->line != 0;
    return strcmp(frame->file, frame_maker_unknown.file) != 0 &&
           (frame->line || !is_place_in_module(frame->file, module));
}

static struct symbol_frame embedded_frame(struct frame_maker *m, const char *module,
                                          const struct image_frame *from) {
    const char *nowhere = module ? module : frame_maker_unknown.file;
    return (struct symbol_frame){
        .file = from->file ? intern_text(m->texts, from->file) : nowhere,
        .function = intern_text(m->texts, from->function),
        .module = module,
        .line = from->line,
        .inlined = from->inlined != 0,
        .located = frame_maker_is_located(from, module),
    };
}

const struct symbol_frame *frame_maker_embedded(struct frame_maker *m, const char *module,
                                                const struct image_symbol *embedded) {
    struct symbol_frame *frames = new_frames(m, embedded->frame_count);
    for (size_t i = 0; frames && i < embedded->frame_count; i++)
        fill(m, &frames[i], embedded_frame(m, module, &embedded->frames[i]));
    return frames;
}

const struct symbol_frame *frame_maker_given(struct frame_maker *m, const char *module,
                                             const struct image_symbol *embedded) {
    struct symbol_frame *frames = new_frames(m, embedded->frame_count);
    for (size_t i = 0; frames && i < embedded->frame_count; i++)
        frames[i] = embedded_frame(m, module, &embedded->frames[i]);
    return frames;
}

/* --- From addresses --- */

/* `text` is malloc'ed and freed here; NULL: there was no memory for it. */
static const struct symbol_frame *unlocated(struct frame_maker *m, const char *module,
                                            const char *function, char *text) {
    struct symbol_frame *frame = new_frames(m, 1);
    m->failed |= !text;
    if (frame)
        fill(m, frame,
             (struct symbol_frame){.file = text ? intern_text(m->texts, text) : module,
                                   .function = function,
                                   .module = module});
    free(text);
    return frame;
}

const struct symbol_frame *frame_maker_symbol(struct frame_maker *m, const char *module,
                                              const char *symbol, uint64_t offset) {
    const char *function = names_readable(&m->names, symbol);
    char *text;
    if (asprintf(&text, "%s(%s+0x%" PRIx64 ")", module, function ? function : symbol, offset) < 0)
        text = NULL;
    return unlocated(m, module, function, text);
}

const struct symbol_frame *frame_maker_address(struct frame_maker *m, const char *module,
                                               uint64_t vaddr) {
    char *text;
    if (asprintf(&text, "%s+0x%" PRIx64, module, vaddr) < 0)
        text = NULL;
    return unlocated(m, module, NULL, text);
}

void frame_maker_fini(struct frame_maker *m) {
    names_fini(&m->names);
}

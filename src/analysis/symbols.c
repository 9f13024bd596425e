#include "analysis/symbols.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "analysis/names.h"
#include "analysis/source_path.h"
#include "analysis/symbol_file.h"
#include "base/arena.h"
#include "base/error.h"

struct place { /* a distinct (module, ip, exact) */
    uint64_t ip;
    uint16_t module, exact;
    uint32_t count; /* 0: not resolved yet */
    const struct symbol_frame *frames;
};

struct module_state {
    struct symbol_file *file;
    int opened, missed; /* missed: a line that was wanted is missing */
};

struct symbols {
    const struct image *image;
    struct intern *texts;
    struct symbols_options options;
    struct pool pool;
    struct names names;
    struct intern keys;   /* of places */
    struct place *places; /* [id in keys] */
    uint32_t *node_place; /* [node] */
    struct module_state *modules;
    struct raw_frames raw;
    size_t resolved;
    int failed;
};

static const struct symbol_frame unknown_frame = {.file = "<unknown>"};
static const struct symbol_frame not_recorded_frame = {.file = "<not recorded>"};

/* --- Making --- */

static uint32_t place_id(struct symbols *s, const struct image_node *node) {
    const uint64_t key[2] = {node->ip, (uint64_t)node->module << 1 | (node->exact != 0)};
    return intern_id(&s->keys, key, sizeof key);
}

static int find_places(struct symbols *s) {
    const struct image *image = s->image;
    for (uint32_t i = 0; i < image->node_count; i++)
        if ((s->node_place[i] = place_id(s, &image->nodes[i])) == INTERN_NONE)
            return -1;
    s->places = calloc(s->keys.count + 1, sizeof *s->places);
    for (uint32_t i = 0; s->places && i < image->node_count; i++) {
        const struct image_node *node = &image->nodes[i];
        s->places[s->node_place[i]] =
            (struct place){.ip = node->ip, .module = node->module, .exact = node->exact != 0};
    }
    return s->places ? 0 : -1;
}

struct symbols *symbols_new(const struct image *image, struct intern *texts,
                            const struct symbols_options *options, struct heapline_error *err) {
    struct symbols *s = calloc(1, sizeof *s);
    if (s) {
        s->image = image;
        s->texts = texts;
        s->options = options ? *options : (struct symbols_options){0};
        intern_init(&s->keys, &s->pool);
        names_init(&s->names, &s->pool, texts);
        s->node_place = calloc(image->node_count + 1, sizeof *s->node_place);
        s->modules = calloc(image->module_count + 1, sizeof *s->modules);
        if (!s->options.debuginfod)
            unsetenv("DEBUGINFOD_URLS");
    }
    if (!s || !s->node_place || !s->modules || find_places(s)) {
        symbols_free(s);
        error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "no memory for symbols");
        return NULL;
    }
    return s;
}

const struct image *symbols_image(const struct symbols *symbols) {
    return symbols->image;
}

struct intern *symbols_texts(struct symbols *symbols) {
    return symbols->texts;
}

/* --- Frames --- */

/* Room for a place's frames; NULL, and an unknown frame, for want of memory. */
static struct symbol_frame *new_frames(struct symbols *s, struct place *place, size_t count) {
    struct symbol_frame *frames = pool_array(&s->pool, count, sizeof *frames);
    s->failed |= !frames;
    place->frames = frames ? frames : &unknown_frame;
    place->count = frames ? (uint32_t)count : 1;
    return frames;
}

static void fill_frame(struct symbols *s, struct symbol_frame *to, struct symbol_frame frame) {
    frame.wrapper =
        (uint8_t)wrappers_classify(&s->options.wrappers, frame.function, frame.file, frame.module);
    *to = frame;
}

static const char *source_file(struct symbols *s, const struct raw_frame *raw) {
    char *path = source_path_new(raw->directory, raw->file);
    s->failed |= !path;
    const char *text = intern_text(s->texts, path ? path : raw->file);
    free(path);
    return text;
}

static int is_mangled(const char *name) {
    return !strncmp(name, "_Z", 2) || !strncmp(name, "_R", 2);
}

/* Does the symbol table know more of the outermost function, such as the namespace of one that is
 * local to its file? */
static int wants_symbol(const struct raw_frames *raw) {
    const char *name = raw->count ? raw->items[raw->count - 1].function : NULL;
    return !name || (raw->mangles && !is_mangled(name));
}

static const char *raw_name(const struct raw_frames *raw, size_t i, const char *symbol) {
    const char *name = raw->items[i].function;
    int is_better = i + 1 == raw->count && symbol && (!name || is_mangled(symbol));
    return is_better ? symbol : name;
}

/* From debug information and, for the outermost function, its symbol. */
static void take_raw(struct symbols *s, struct place *place, const char *module,
                     const char *symbol) {
    size_t count = s->raw.count;
    struct symbol_frame *frames = new_frames(s, place, count);
    for (size_t i = 0; frames && i < count; i++) {
        const struct raw_frame *raw = &s->raw.items[i];
        fill_frame(s, &frames[i],
                   (struct symbol_frame){
                       .file = raw->file ? source_file(s, raw) : unknown_frame.file,
                       .function = names_readable(&s->names, raw_name(&s->raw, i, symbol)),
                       .module = module,
                       .line = raw->line,
                       .inlined = raw->inlined != 0,
                       .located = raw->file != NULL,
                   });
    }
}

static int is_located(const struct image_frame *frame, const char *module) {
    return frame->line || (frame->file && strncmp(frame->file, module, strlen(module)));
}

static void take_embedded(struct symbols *s, struct place *place, const char *module,
                          const struct image_symbol *symbol) {
    size_t count = symbol->frame_count;
    struct symbol_frame *frames = new_frames(s, place, count);
    for (size_t i = 0; frames && i < count; i++) {
        const struct image_frame *f = &symbol->frames[i];
        fill_frame(s, &frames[i],
                   (struct symbol_frame){
                       .file = f->file ? intern_text(s->texts, f->file) : module,
                       .function = intern_text(s->texts, f->function),
                       .module = module,
                       .line = f->line,
                       .inlined = f->inlined != 0,
                       .located = is_located(f, module) != 0,
                   });
    }
}

/* MODULE(FUNCTION+0x1a) or MODULE+0x1234. */
static const char *place_text(struct symbols *s, const struct place *place, const char *module,
                              const char *function, uint64_t start) {
    uint64_t vaddr = place->ip - s->image->modules[place->module].bias;
    char *text = NULL;
    int size = function ? asprintf(&text, "%s(%s+0x%" PRIx64 ")", module, function, vaddr - start)
                        : asprintf(&text, "%s+0x%" PRIx64, module, vaddr);
    if (size < 0) {
        s->failed = 1;
        return module;
    }
    const char *kept = intern_text(s->texts, text);
    free(text);
    return kept;
}

static void take_symbol(struct symbols *s, struct place *place, const char *module,
                        const char *symbol, uint64_t start) {
    struct symbol_frame *frame = new_frames(s, place, 1);
    if (!frame)
        return;
    const char *function = names_readable(&s->names, symbol);
    fill_frame(s, frame,
               (struct symbol_frame){.file = place_text(s, place, module, function, start),
                                     .function = function,
                                     .module = module});
}

/* --- Resolving one place --- */

static struct symbol_file *module_file(struct symbols *s, uint32_t module) {
    struct module_state *state = &s->modules[module];
    const struct image_module *m = &s->image->modules[module];
    if (state->opened)
        return state->file;
    state->opened = 1;
    char *path = NULL; /* the loader keeps a library's path as it was given */
    if (*m->path != '/' && s->image->cwd && asprintf(&path, "%s/%s", s->image->cwd, m->path) < 0)
        path = NULL;
    state->file = symbol_file_open(path ? path : m->path, m->build_id, m->build_id_size);
    s->failed |= !state->file;
    free(path);
    return state->file;
}

static int by_place(const void *key, const void *element) {
    const struct place *p = key;
    const struct image_symbol *e = element;
    if (p->module != e->module)
        return p->module < e->module ? -1 : 1;
    if (p->ip != e->ip)
        return p->ip < e->ip ? -1 : 1;
    return (p->exact > e->exact) - (p->exact < e->exact);
}

static const struct image_symbol *find_embedded(const struct image *image,
                                                const struct place *place) {
    if (!image->symbol_count)
        return NULL;
    const struct image_symbol *found =
        bsearch(place, image->symbols, image->symbol_count, sizeof *image->symbols, by_place);
    return found && found->frame_count ? found : NULL;
}

static void resolve_by_file(struct symbols *s, struct place *place, const char *module,
                            const struct image_symbol *embedded) {
    struct symbol_file *file = module_file(s, place->module);
    uint64_t start = 0, vaddr = place->ip - s->image->modules[place->module].bias;
    uint64_t inside = place->exact ? vaddr : vaddr - 1; /* a call ends before its return address */
    const char *symbol = NULL;
    s->raw.count = 0;
    if (file)
        symbol_file_frames(file, inside, &s->raw);
    if (file && wants_symbol(&s->raw))
        symbol = symbol_file_symbol(file, inside, &start);
    if (s->raw.count)
        take_raw(s, place, module, symbol);
    else if (embedded && !symbol)
        take_embedded(s, place, module, embedded);
    else
        take_symbol(s, place, module, symbol, start);
}

/* Embedded lines are final; an embedded name alone gives way to what the file tells now. */
static void resolve(struct symbols *s, struct place *place) {
    const char *path = place->module ? s->image->modules[place->module].path : NULL;
    const char *module = path && *path ? intern_text(s->texts, path) : NULL;
    const struct image_symbol *embedded = find_embedded(s->image, place);
    if (!module) {
        place->frames = &unknown_frame;
        place->count = 1;
    } else if (embedded && is_located(embedded->frames, module)) {
        take_embedded(s, place, module, embedded);
    } else {
        resolve_by_file(s, place, module, embedded);
    }
    s->resolved++;
    if (s->options.progress)
        s->options.progress(s->options.progress_context, s->resolved, s->keys.count);
}

size_t symbols_frames(struct symbols *s, uint32_t node, const struct symbol_frame **frames) {
    if (node <= ARENA_NODE_NOT_RECORDED) {
        *frames = node == ARENA_NODE_ROOT ? &unknown_frame : &not_recorded_frame;
        return 1;
    }
    struct place *place = &s->places[s->node_place[node]];
    if (!place->count)
        resolve(s, place);
    *frames = place->frames;
    return place->count;
}

/* --- Afterwards --- */

void symbols_want_line(struct symbols *s, uint32_t node) {
    const struct symbol_frame *frames;
    symbols_frames(s, node, &frames);
    s->modules[s->image->nodes[node].module].missed |= !frames->located;
}

int symbols_next_problem(const struct symbols *s, uint32_t *at, const char **module,
                         const char **problem) {
    static const char *const texts[] = {
        [SYMBOL_FILE_SOUND] = NULL,
        [SYMBOL_FILE_NO_DEBUG] = "no debug information",
        [SYMBOL_FILE_MISSING] = "file is missing",
        [SYMBOL_FILE_CHANGED] = "file has changed (build-id differs)",
        [SYMBOL_FILE_UNREADABLE] = "file cannot be read",
    };
    while (++*at < s->image->module_count) {
        const struct module_state *state = &s->modules[*at];
        if (!state->file || !state->missed || !texts[symbol_file_state(state->file)])
            continue;
        *module = s->image->modules[*at].path;
        *problem = texts[symbol_file_state(state->file)];
        return 1;
    }
    return 0;
}

int symbols_failed(const struct symbols *s) {
    return s->failed || s->raw.failed || s->keys.failed || s->names.mangled.failed ||
           s->texts->failed;
}

void symbols_free(struct symbols *s) {
    if (!s)
        return;
    for (uint32_t i = 0; s->modules && i < s->image->module_count; i++)
        symbol_file_close(s->modules[i].file);
    free(s->modules);
    free(s->node_place);
    free(s->places);
    free(s->raw.items);
    names_fini(&s->names);
    intern_fini(&s->keys);
    pool_fini(&s->pool);
    free(s);
}

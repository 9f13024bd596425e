#include "analysis/symbols.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "analysis/frame_maker.h"
#include "base/arena.h"
#include "base/error.h"

struct place { /* a distinct (module, ip, exact) */
    uint64_t ip;
    uint16_t module, exact;
    uint32_t count; /* 0: not resolved yet */
    const struct symbol_frame *frames;
};

struct module_state {
    struct cached_file *file;
    int opened, missed; /* missed: a line that was wanted is missing */
};

struct symbols {
    const struct image *image;
    struct intern *texts;
    struct symbols_options options;
    struct symbol_cache *files, own_files;
    struct pool pool;
    struct frame_maker maker;
    struct intern keys;   /* of places */
    struct place *places; /* [id in keys] */
    uint32_t *node_place; /* [node] */
    struct module_state *modules;
    struct raw_frames raw;
    size_t resolved;
    int failed;
};

/* --- Making --- */

/* The root and <not recorded> are places of their own, which no address has. */
static uint32_t place_id(struct symbols *s, uint32_t node) {
    const struct image_node *n = &s->image->nodes[node];
    uint64_t key[2] = {n->ip, (uint64_t)n->module << 1 | (n->exact != 0)};
    if (node <= ARENA_NODE_NOT_RECORDED) {
        key[0] = node;
        key[1] = UINT64_MAX;
    }
    return intern_id(&s->keys, key, sizeof key);
}

static void make_place(struct symbols *s, uint32_t node) {
    static const struct symbol_frame not_recorded = {.file = "<not recorded>"};
    const struct image_node *n = &s->image->nodes[node];
    struct place *place = &s->places[s->node_place[node]];
    *place = (struct place){.ip = n->ip, .module = n->module, .exact = n->exact != 0};
    if (node > ARENA_NODE_NOT_RECORDED)
        return;
    place->count = 1;
    place->frames = node == ARENA_NODE_ROOT ? &frame_maker_unknown : &not_recorded;
}

static int find_places(struct symbols *s) {
    uint32_t count = s->image->node_count;
    for (uint32_t i = 0; i < count; i++)
        if ((s->node_place[i] = place_id(s, i)) == INTERN_NONE)
            return -1;
    s->places = calloc(s->keys.count + 1, sizeof *s->places);
    for (uint32_t i = 0; s->places && i < count; i++)
        make_place(s, i);
    return s->places ? 0 : -1;
}

struct symbols *symbols_new(const struct image *image, struct intern *texts,
                            const struct symbols_options *options, struct heapline_error *err) {
    struct symbols *s = calloc(1, sizeof *s);
    if (s) {
        s->image = image;
        s->texts = texts;
        s->options = options ? *options : (struct symbols_options){0};
        s->files = s->options.files ? s->options.files : &s->own_files;
        intern_init(&s->keys, &s->pool);
        frame_maker_init(&s->maker, &s->pool, texts, &s->options.wrappers);
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

/* --- Resolving one place --- */

static struct cached_file *module_file(struct symbols *s, uint32_t module) {
    struct module_state *state = &s->modules[module];
    const struct image_module *m = &s->image->modules[module];
    if (state->opened)
        return state->file;
    state->opened = 1;
    char *path = NULL; /* the loader keeps a library's path as it was given */
    if (*m->path != '/' && s->image->cwd && asprintf(&path, "%s/%s", s->image->cwd, m->path) < 0)
        path = NULL;
    state->file = symbol_cache_open(s->files, m, path ? path : m->path);
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

static const struct symbol_frame *frames_by_source(struct symbols *s, struct place *place,
                                                   const char *module, struct symbol_file *source,
                                                   uint64_t vaddr) {
    uint64_t start = 0;
    uint64_t inside = place->exact ? vaddr : vaddr - 1; /* a call ends before its return address */
    const char *symbol = NULL;
    s->raw.count = 0;
    if (source)
        symbol_file_frames(source, inside, &s->raw);
    if (source && frame_maker_wants_symbol(&s->raw))
        symbol = symbol_file_symbol(source, inside, &start);
    place->count = s->raw.count ? (uint32_t)s->raw.count : 1;
    if (s->raw.count)
        return frame_maker_raw(&s->maker, module, &s->raw, symbol);
    return symbol ? frame_maker_symbol(&s->maker, module, symbol, vaddr - start)
                  : frame_maker_address(&s->maker, module, vaddr);
}

static void learn(struct symbols *s, struct cached_file *file, const struct place *place,
                  uint64_t vaddr, const struct symbol_frame *frames) {
    const struct image_frame *kept = symbols_keep(&s->pool, frames, place->count);
    if (kept && !symbols_failed(s))
        cached_file_learn(file, vaddr, place->exact, kept, place->count);
}

static const struct symbol_frame *frames_by_file(struct symbols *s, struct place *place,
                                                 const char *module) {
    struct cached_file *file = module_file(s, place->module);
    uint64_t vaddr = place->ip - s->image->modules[place->module].bias;
    const struct image_symbol *known = file ? cached_file_known(file, vaddr, place->exact) : NULL;
    if (known) {
        place->count = known->frame_count;
        return frame_maker_embedded(&s->maker, module, known);
    }
    struct symbol_file *source = file ? cached_file_source(file) : NULL;
    const struct symbol_frame *frames = frames_by_source(s, place, module, source, vaddr);
    if (frames && source && cached_file_is_learning(file))
        learn(s, file, place, vaddr, frames);
    return frames;
}

static int tells_something(const struct symbol_frame *frames) {
    return frames && (frames->located || frames->function);
}

/* Embedded lines are final; an embedded name alone gives way to what the file tells now. */
static const struct symbol_frame *find_frames(struct symbols *s, struct place *place) {
    const struct image_module *from = &s->image->modules[place->module];
    const char *path = place->module ? from->path : NULL;
    const char *module = path && *path ? intern_text(s->texts, path) : NULL;
    const struct image_symbol *embedded = find_embedded(s->image, place);
    int is_given = embedded && from->flags & ARENA_MODULE_GIVEN;
    if (!module && !is_given)
        return NULL;
    if (!embedded || (!is_given && !frame_maker_is_located(embedded->frames, module))) {
        const struct symbol_frame *frames = frames_by_file(s, place, module);
        if (!embedded || tells_something(frames))
            return frames;
    }
    place->count = embedded->frame_count;
    return is_given ? frame_maker_given(&s->maker, module, embedded)
                    : frame_maker_embedded(&s->maker, module, embedded);
}

static void resolve(struct symbols *s, struct place *place) {
    place->frames = find_frames(s, place);
    if (!place->frames) {
        place->frames = &frame_maker_unknown;
        place->count = 1;
    }
    s->resolved++;
    if (s->options.progress)
        s->options.progress(s->options.progress_context, s->resolved, s->keys.count);
}

size_t symbols_frames(struct symbols *s, uint32_t node, const struct symbol_frame **frames) {
    struct place *place = &s->places[s->node_place[node]];
    if (!place->count)
        resolve(s, place);
    *frames = place->frames;
    return place->count;
}

uint32_t symbols_place(const struct symbols *s, uint32_t node) {
    return s->node_place[node];
}

uint32_t symbols_place_count(const struct symbols *s) {
    return s->keys.count;
}

/* --- Afterwards --- */

struct image_frame *symbols_keep(struct pool *pool, const struct symbol_frame *frames,
                                 size_t count) {
    struct image_frame *kept = pool_array(pool, count, sizeof *kept);
    for (size_t i = 0; kept && i < count; i++)
        kept[i] = (struct image_frame){frames[i].function, frames[i].file, frames[i].line,
                                       frames[i].inlined};
    return kept;
}

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
        if (!state->file || !state->missed || !texts[cached_file_state(state->file)])
            continue;
        *module = s->image->modules[*at].path;
        *problem = texts[cached_file_state(state->file)];
        return 1;
    }
    return 0;
}

int symbols_failed(const struct symbols *s) {
    return s->failed || s->maker.failed || s->raw.failed || s->keys.failed ||
           s->maker.names.mangled.failed || s->texts->failed;
}

void symbols_free(struct symbols *s) {
    if (!s)
        return;
    for (uint32_t i = 0; s->modules && i < s->image->module_count; i++)
        if (s->modules[i].file)
            symbol_cache_close(s->files, s->modules[i].file);
    symbol_cache_fini(&s->own_files);
    free(s->modules);
    free(s->node_place);
    free(s->places);
    free(s->raw.items);
    frame_maker_fini(&s->maker);
    intern_fini(&s->keys);
    pool_fini(&s->pool);
    free(s);
}

#include "analysis/symbol_cache.h"
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "analysis/symbol_store.h"

struct cached_file {
    struct cached_file *next;
    struct symbol_cache *cache;
    struct symbol_file *file; /* NULL: what is known was enough so far */
    struct symbol_source source;
    struct known_symbols known;
    uint32_t stored; /* so many of them are on disk */
    int is_learning;
    unsigned users;
    char *path, *debug_path, *module;
    uint8_t *build_id;
};

/* --- One file --- */

static int is_current(const struct cached_file *f) {
    struct file_version version = file_version_of(f->path);
    struct file_version debug_version = file_version_of(f->debug_path);
    return file_version_equal(&f->source.version, &version) &&
           file_version_equal(&f->source.debug_version, &debug_version);
}

static void cached_file_free(struct cached_file *f) {
    if (f->known.count > f->stored && is_current(f)) {
        symbol_store_save(f->cache->directory, &f->source, &f->known);
        f->cache->has_saved = 1;
    }
    known_symbols_fini(&f->known);
    symbol_file_close(f->file);
    free(f->build_id);
    free(f->module);
    free(f->debug_path);
    free(f->path);
    free(f);
}

static void set_debug_path(struct cached_file *f, char *path) {
    free(f->debug_path);
    f->debug_path = path;
    f->source.debug_path = path;
    f->source.debug_version = file_version_of(path);
}

static void forget(struct cached_file *f) {
    known_symbols_fini(&f->known);
    known_symbols_init(&f->known);
    f->stored = 0;
}

/* Where memory is limited it may have run out anywhere in libdw, which then finds less. */
static int has_memory(void) {
    static const int limits[] = {RLIMIT_AS, RLIMIT_DATA};
    struct rlimit limit;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (getrlimit(limits[i], &limit) || limit.rlim_cur != RLIM_INFINITY)
            return 0;
    return 1;
}

/* What the source tells comes from the very files that are there, and nothing of them is missing.
 */
static int is_reliable(const struct cached_file *f) {
    return f->source.state <= SYMBOL_FILE_NO_DEBUG && symbol_file_is_whole(f->file) &&
           !f->debug_path == !symbol_file_debug_path(f->file) && is_current(f) && has_memory();
}

/* What was known before stays if it comes from the same files. */
static int open_source(struct cached_file *f) {
    struct symbol_source before = f->source;
    f->file = symbol_file_open(f->path, f->source.build_id, f->source.build_id_size);
    if (!f->file)
        return -1;
    const char *debug_path = symbol_file_debug_path(f->file);
    f->source.state = symbol_file_state(f->file);
    set_debug_path(f, debug_path ? strdup(debug_path) : NULL);
    f->is_learning = f->cache->directory && is_reliable(f);
    if (!f->is_learning || f->source.state != before.state ||
        !file_version_equal(&f->source.debug_version, &before.debug_version))
        forget(f);
    return 0;
}

/* Where there are no lines, somebody may have installed them since: that is for the source to say.
 */
static int load(struct cached_file *f) {
    const char *directory = f->cache->directory;
    char *debug_path = NULL;
    if (directory &&
        symbol_store_load(directory, &f->source, &f->known, &f->source.state, &debug_path)) {
        f->stored = f->known.count;
        set_debug_path(f, debug_path);
    }
    return f->stored && f->source.state == SYMBOL_FILE_SOUND ? 0 : open_source(f);
}

static struct cached_file *cached_file_new(struct symbol_cache *cache,
                                           const struct image_module *module, const char *path) {
    struct cached_file *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    known_symbols_init(&f->known);
    f->cache = cache;
    f->path = strdup(path);
    f->module = strdup(module->path);
    f->build_id = malloc(module->build_id_size + 1);
    if (!f->path || !f->module || !f->build_id) {
        cached_file_free(f);
        return NULL;
    }
    if (module->build_id_size)
        memcpy(f->build_id, module->build_id, module->build_id_size);
    f->source = (struct symbol_source){.module = f->module,
                                       .build_id = f->build_id,
                                       .build_id_size = module->build_id_size,
                                       .version = file_version_of(path)};
    if (load(f)) {
        cached_file_free(f);
        return NULL;
    }
    return f;
}

enum symbol_file_state cached_file_state(const struct cached_file *file) {
    return file->source.state;
}

struct symbol_file *cached_file_source(struct cached_file *file) {
    if (!file->file)
        (void)open_source(file);
    return file->file;
}

const struct image_symbol *cached_file_known(const struct cached_file *file, uint64_t vaddr,
                                             int exact) {
    return known_symbols_find(&file->known, vaddr, exact);
}

int cached_file_is_learning(const struct cached_file *file) {
    return file->is_learning && symbol_file_is_whole(file->file);
}

void cached_file_learn(struct cached_file *file, uint64_t vaddr, int exact,
                       const struct image_frame *frames, uint32_t count) {
    known_symbols_add(&file->known, vaddr, exact, frames, count);
}

/* --- All files --- */

static int is_of(const struct cached_file *f, const struct image_module *module, const char *path) {
    size_t size = module->build_id_size;
    return !strcmp(f->path, path) && !strcmp(f->module, module->path) &&
           f->source.build_id_size == size &&
           (!size || !memcmp(f->build_id, module->build_id, size));
}

/* One that is not current stays where it is and grows old. */
static struct cached_file *take_out(struct symbol_cache *cache, const struct image_module *module,
                                    const char *path) {
    struct cached_file **at = &cache->files, *f;
    while (*at && !(is_of(*at, module, path) && is_current(*at)))
        at = &(*at)->next;
    f = *at;
    if (f)
        *at = f->next;
    return f;
}

static void trim(struct symbol_cache *cache) {
    struct cached_file **at = &cache->files;
    for (size_t rank = 0; *at; rank++) {
        struct cached_file *f = *at;
        if (rank < SYMBOL_CACHE_FILES || f->users) {
            at = &f->next;
            continue;
        }
        *at = f->next;
        cached_file_free(f);
    }
}

struct cached_file *symbol_cache_open(struct symbol_cache *cache, const struct image_module *module,
                                      const char *path) {
    struct cached_file *f = take_out(cache, module, path);
    if (!f)
        f = cached_file_new(cache, module, path);
    if (!f)
        return NULL;
    f->users++;
    f->next = cache->files;
    cache->files = f;
    trim(cache);
    return f;
}

void symbol_cache_close(struct symbol_cache *cache, struct cached_file *file) {
    file->users--;
    trim(cache);
}

void symbol_cache_fini(struct symbol_cache *cache) {
    for (struct cached_file *f = cache->files, *next; f; f = next) {
        next = f->next;
        cached_file_free(f);
    }
    cache->files = NULL;
    if (cache->has_saved)
        symbol_store_trim(cache->directory, SYMBOL_STORE_FILES, SYMBOL_STORE_BYTES);
    cache->has_saved = 0;
}

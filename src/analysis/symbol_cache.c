#include "analysis/symbol_cache.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct version { /* of a file; all zero: there is none */
    dev_t device;
    ino_t inode;
    struct timespec changed; /* by ctime, which nobody can set back */
};

struct cached_file {
    struct cached_file *next;
    struct symbol_file *file;
    struct version version, debug_version;
    unsigned users;
    uint8_t *build_id;
    size_t build_id_size;
    char *path;
};

/* --- Versions --- */

static struct version version_of(const char *path) {
    struct stat status;
    if (!path || stat(path, &status))
        return (struct version){0};
    return (struct version){status.st_dev, status.st_ino, status.st_ctim};
}

static int same_version(const struct version *a, const struct version *b) {
    return a->device == b->device && a->inode == b->inode &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static int is_current(const struct cached_file *f) {
    struct version version = version_of(f->path);
    struct version debug_version = version_of(symbol_file_debug_path(f->file));
    return same_version(&f->version, &version) && same_version(&f->debug_version, &debug_version);
}

/* --- Files --- */

static void cached_file_free(struct cached_file *f) {
    symbol_file_close(f->file);
    free(f->build_id);
    free(f->path);
    free(f);
}

/* The version is taken first: what changes while it is opened is not current the next time. */
static struct cached_file *cached_file_new(const char *path, const uint8_t *build_id, size_t size) {
    struct cached_file *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->version = version_of(path);
    f->path = strdup(path);
    f->build_id = malloc(size + 1);
    f->build_id_size = size;
    if (f->path && f->build_id)
        f->file = symbol_file_open(path, build_id, size);
    if (!f->file) {
        cached_file_free(f);
        return NULL;
    }
    if (size)
        memcpy(f->build_id, build_id, size);
    f->debug_version = version_of(symbol_file_debug_path(f->file));
    return f;
}

static int is_of(const struct cached_file *f, const char *path, const uint8_t *build_id,
                 size_t size) {
    return !strcmp(f->path, path) && f->build_id_size == size &&
           (!size || !memcmp(f->build_id, build_id, size));
}

/* One that is not current stays where it is and grows old. */
static struct cached_file *take_out(struct symbol_cache *cache, const char *path,
                                    const uint8_t *build_id, size_t size) {
    struct cached_file **at = &cache->files, *f;
    while (*at && !(is_of(*at, path, build_id, size) && is_current(*at)))
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

struct symbol_file *symbol_cache_open(struct symbol_cache *cache, const char *path,
                                      const uint8_t *build_id, size_t build_id_size) {
    struct cached_file *f = take_out(cache, path, build_id, build_id_size);
    if (!f)
        f = cached_file_new(path, build_id, build_id_size);
    if (!f)
        return NULL;
    f->users++;
    f->next = cache->files;
    cache->files = f;
    trim(cache);
    return f->file;
}

void symbol_cache_close(struct symbol_cache *cache, const struct symbol_file *file) {
    struct cached_file *f = cache->files;
    while (f && f->file != file)
        f = f->next;
    if (f)
        f->users--;
    trim(cache);
}

void symbol_cache_fini(struct symbol_cache *cache) {
    for (struct cached_file *f = cache->files, *next; f; f = next) {
        next = f->next;
        cached_file_free(f);
    }
    cache->files = NULL;
}

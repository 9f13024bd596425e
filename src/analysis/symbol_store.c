#include "analysis/symbol_store.h"
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buffer.h"
#include "base/build_id.h"
#include "base/hash.h"
#include "base/io.h"
#include "config.h"

enum { MODULES = 2, NODES = 2, TYPES = 1 }; /* the least that an image has */
enum { OTHERS_WRITE = 022, DEPTH = 1 /* of directories made around the one */ };

/* --- The directory --- */

static int is_own(const char *path, unsigned others) {
    struct stat st;
    return !stat(path, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
           !(st.st_mode & others);
}

/* The directory and the one around it, in one of the user's: under sudo the home can be somebody
 * else's, who would be kept out of what root makes. */
static void make(const char *directory, int depth) {
    char *copy = strdup(directory), *parent = copy ? dirname(copy) : NULL;
    if (parent && depth && access(parent, F_OK))
        make(parent, depth - 1);
    if (parent && is_own(parent, 0))
        mkdir(directory, 0700);
    free(copy);
}

static char *path_of(const char *directory, const struct symbol_source *source) {
    char id[2 * BUILD_ID_MAX + 1] = "";
    char *path;
    size_t size = source->build_id_size < BUILD_ID_MAX ? source->build_id_size : BUILD_ID_MAX;
    for (size_t i = 0; i < size; i++)
        snprintf(id + 2 * i, 3, "%02x", source->build_id[i]);
    uint32_t hash = hash_bytes(source->module, strlen(source->module));
    if (asprintf(&path, "%s/%s-%08x" SYMBOL_STORE_SUFFIX, directory, *id ? id : "none", hash) < 0)
        return NULL;
    return path;
}

/* --- What symbols depend on --- */

enum label { LABEL_MAKER, LABEL_FILE, LABEL_STATE, LABEL_DEBUG_PATH, LABEL_DEBUG_FILE, LABELS };

struct labels {
    struct image_label items[LABELS];
    char maker[64], file[FILE_VERSION_TEXT], debug_file[FILE_VERSION_TEXT];
};

static const char *const tell[] = {
    [SYMBOL_FILE_SOUND] = "functions, files and lines",
    [SYMBOL_FILE_NO_DEBUG] = "functions",
};

static void write_labels(const struct symbol_source *source, struct labels *to) {
    snprintf(to->maker, sizeof to->maker, "heapline %s, elfutils %s", PACKAGE_VERSION,
             dwfl_version(NULL));
    to->items[LABEL_MAKER] = (struct image_label){"symbols by", to->maker};
    to->items[LABEL_FILE] =
        (struct image_label){"file", file_version_write(&source->version, to->file)};
    to->items[LABEL_STATE] = (struct image_label){"symbols tell", tell[source->state]};
    to->items[LABEL_DEBUG_PATH] =
        (struct image_label){"debug path", source->debug_path ? source->debug_path : ""};
    to->items[LABEL_DEBUG_FILE] = (struct image_label){
        "debug file", file_version_write(&source->debug_version, to->debug_file)};
}

static int has_labels(const struct image *image, const struct symbol_source *source) {
    struct labels labels = {0};
    int equal = image->label_count == LABELS;
    write_labels(source, &labels);
    for (uint32_t i = 0; equal && i < LABELS; i++)
        equal = !strcmp(image->labels[i].name, labels.items[i].name) &&
                !strcmp(image->labels[i].value, labels.items[i].value);
    return equal;
}

static int is_of(const struct image_module *module, const struct symbol_source *source) {
    return !strcmp(module->path, source->module) &&
           module->build_id_size == source->build_id_size &&
           (!source->build_id_size ||
            !memcmp(module->build_id, source->build_id, source->build_id_size));
}

/* Completes `source` by what the labels name, as that is now. */
static int is_current(const struct image *image, struct symbol_source *source) {
    if (image->label_count != LABELS || image->module_count != MODULES ||
        !is_of(&image->modules[MODULES - 1], source))
        return 0;
    const char *debug_path = image->labels[LABEL_DEBUG_PATH].value;
    source->state = !strcmp(image->labels[LABEL_STATE].value, tell[SYMBOL_FILE_SOUND])
                        ? SYMBOL_FILE_SOUND
                        : SYMBOL_FILE_NO_DEBUG;
    source->debug_path = *debug_path ? debug_path : NULL;
    source->debug_version = file_version_of(source->debug_path);
    return has_labels(image, source);
}

/* --- Files --- */

static void add_all(const struct image *image, struct known_symbols *known) {
    for (uint32_t i = 0; i < image->symbol_count; i++) {
        const struct image_symbol *symbol = &image->symbols[i];
        known_symbols_add(known, symbol->ip, symbol->exact, symbol->frames, symbol->frame_count);
    }
}

int symbol_store_load(const char *directory, const struct symbol_source *asked,
                      struct known_symbols *known, enum symbol_file_state *state,
                      char **debug_path) {
    struct symbol_source source = *asked;
    char *path = is_own(directory, OTHERS_WRITE) ? path_of(directory, asked) : NULL;
    struct image *image = path ? image_load(path, NULL) : NULL;
    int found = image && is_current(image, &source);
    *debug_path = found && source.debug_path ? strdup(source.debug_path) : NULL;
    if (found) {
        *state = source.state;
        add_all(image, known);
        utimensat(AT_FDCWD, path, NULL, 0); /* used last */
    }
    image_free(image);
    free(path);
    return found;
}

static int by_address(const void *a, const void *b) {
    const struct image_symbol *x = a, *y = b;
    if (x->ip != y->ip)
        return x->ip < y->ip ? -1 : 1;
    return (x->exact > y->exact) - (x->exact < y->exact);
}

/* An image of a process that never was. */
static int encode(const struct symbol_source *source, struct image_symbol *symbols, uint32_t count,
                  struct buffer *out) {
    struct labels labels = {0};
    struct image_module modules[MODULES] = {
        {.path = ""},
        {.path = source->module,
         .build_id = source->build_id,
         .build_id_size = (uint32_t)source->build_id_size},
    };
    struct image_node nodes[NODES] = {0};
    const char *const types[TYPES] = {NULL};
    struct image image = {
        .exe = "",
        .cwd = "",
        .output = "",
        .modules = modules,
        .module_count = MODULES,
        .nodes = nodes,
        .node_count = NODES,
        .types = types,
        .type_count = TYPES,
        .labels = labels.items,
        .label_count = LABELS,
        .symbols = symbols,
        .symbol_count = count,
    };
    write_labels(source, &labels);
    return image_encode(&image, out, NULL);
}

void symbol_store_save(const char *directory, const struct symbol_source *source,
                       const struct known_symbols *known) {
    struct buffer bytes;
    char *path = path_of(directory, source);
    struct image_symbol *sorted = calloc(known->count + 1, sizeof *sorted);
    if (path && sorted) {
        memcpy(sorted, known->symbols, known->count * sizeof *sorted);
        qsort(sorted, known->count, sizeof *sorted, by_address);
        make(directory, DEPTH);
    }
    if (path && sorted && is_own(directory, OTHERS_WRITE) &&
        !encode(source, sorted, known->count, &bytes)) {
        io_publish(path, bytes.bytes, bytes.size, 1);
        buffer_fini(&bytes);
    }
    free(sorted);
    free(path);
}

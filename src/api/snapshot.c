/* Making, keeping and freeing snapshots. */
#include "api/snapshot.h"
#include <stdlib.h>
#include <string.h>
#include "api/pause.h"
#include "api/prune.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/io.h"
#include "snapshot/arena_file.h"

void *snapshot_refuse(struct heapline_error *err, const char *call, const char *problem) {
    error_set(err, HEAPLINE_BAD_ARGUMENT, 0, call, problem);
    return NULL;
}

static int no_memory(struct heapline_error *err) {
    return error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "no memory for the snapshot");
}

/* --- Inside --- */

static struct heapline_snapshot *of_source(struct source *source, struct heapline_error *err) {
    struct heapline_snapshot *s = calloc(1, sizeof *s);
    if (!s) {
        source_release(source);
        no_memory(err);
        return NULL;
    }
    s->source = source;
    s->view = *source->image;
    s->labels = s->view.labels;
    s->label_count = s->label_capacity = s->view.label_count;
    return s;
}

struct heapline_snapshot *snapshot_new(struct image *image, struct given *given,
                                       struct heapline_error *err) {
    struct source *source = source_new(given ? given_image(given) : image, given, err);
    struct heapline_snapshot *s = source ? of_source(source, err) : NULL;
    if (s)
        s->is_filling = given != NULL;
    return s;
}

static int set_label(struct heapline_snapshot *s, const char *name, const char *value);

struct heapline_snapshot *snapshot_derive(const struct heapline_snapshot *s,
                                          struct heapline_error *err) {
    struct heapline_snapshot *derived = of_source(source_hold(s->source), err);
    if (!derived)
        return NULL;
    derived->labels = NULL;
    derived->label_count = derived->label_capacity = 0;
    for (uint32_t i = 0; i < s->label_count; i++) {
        if (!set_label(derived, s->labels[i].name, s->labels[i].value))
            continue;
        heapline_snapshot_free(derived);
        no_memory(err);
        return NULL;
    }
    return derived;
}

int snapshot_read(const struct heapline_snapshot *snapshot, const char *call,
                  struct heapline_error *err) {
    struct heapline_snapshot *s = (struct heapline_snapshot *)snapshot;
    if (!s)
        return snapshot_refuse(err, call, "no snapshot"), -1;
    source_lock(s->source, NULL);
    int result = s->is_filling ? given_finish(s->source->given, err) : 0;
    if (s->is_filling && !result) {
        s->view = *s->source->image;
        s->is_filling = 0;
    }
    source_unlock(s->source, NULL);
    return result;
}

/* --- Making --- */

struct heapline_snapshot *heapline_snapshot_load(const char *path, struct heapline_error *err) {
    PAUSE_TRACING();
    if (!path)
        return snapshot_refuse(err, __func__, "no path");
    struct image *image = image_load(path, err);
    return image ? snapshot_new(image, NULL, err) : NULL;
}

struct heapline_snapshot *heapline_snapshot_of_process(pid_t pid, struct heapline_error *err) {
    PAUSE_TRACING();
    struct arena_file file;
    if (pid <= 0)
        return snapshot_refuse(err, __func__, "no process id");
    if (arena_file_find_pid(&file, (uint32_t)pid, err))
        return NULL;
    struct image *image = arena_file_read(&file, err);
    arena_file_close(&file);
    return image ? snapshot_new(image, NULL, err) : NULL;
}

struct heapline_snapshot *heapline_snapshot_new(int traceback_limit, struct heapline_error *err) {
    PAUSE_TRACING();
    if (traceback_limit < 1 || traceback_limit > HEAPLINE_NFRAME_MAX)
        return snapshot_refuse(err, __func__, "the limit of frames is not in [1; 65535]");
    struct given *given = given_new((uint32_t)traceback_limit, err);
    return given ? snapshot_new(NULL, given, err) : NULL;
}

int heapline_snapshot_add(struct heapline_snapshot *s, const struct heapline_trace *t,
                          struct heapline_error *err) {
    PAUSE_TRACING();
    if (!s || !t)
        return snapshot_refuse(err, __func__, s ? "no trace" : "no snapshot"), -1;
    if (!s->is_filling)
        return error_set(err, HEAPLINE_BAD_STATE, 0, __func__,
                         "the snapshot is made already, traces cannot be added");
    return given_add(s->source->given, t, err);
}

void heapline_snapshot_free(struct heapline_snapshot *s) {
    PAUSE_TRACING();
    if (!s)
        return;
    source_release(s->source);
    pool_fini(&s->pool);
    free(s);
}

/* --- Labels --- */

static struct image_label *find_label(const struct heapline_snapshot *s, const char *name) {
    for (uint32_t i = 0; i < s->label_count; i++)
        if (!strcmp(s->labels[i].name, name))
            return &s->labels[i];
    return NULL;
}

/* The source's labels, which others share, are copied before they change. */
static int grow_labels(struct heapline_snapshot *s) {
    uint32_t capacity = s->label_capacity * 2 + 4;
    struct image_label *labels = pool_array(&s->pool, capacity, sizeof *labels);
    if (!labels)
        return -1;
    if (s->label_count)
        memcpy(labels, s->labels, s->label_count * sizeof *labels);
    s->labels = labels;
    s->label_capacity = capacity;
    return 0;
}

static int set_label(struct heapline_snapshot *s, const char *name, const char *value) {
    int is_shared = s->labels && s->labels == s->source->image->labels;
    struct image_label label = {pool_copy(&s->pool, name, strlen(name)),
                                pool_copy(&s->pool, value, strlen(value))};
    if (!label.name || !label.value)
        return -1;
    if ((is_shared || s->label_count == s->label_capacity) && grow_labels(s))
        return -1;
    struct image_label *known = find_label(s, name);
    if (!known)
        known = &s->labels[s->label_count++];
    *known = label;
    return 0;
}

int heapline_snapshot_set_label(struct heapline_snapshot *s, const char *name, const char *value,
                                struct heapline_error *err) {
    PAUSE_TRACING();
    if (!s || !name || !value)
        return snapshot_refuse(err, __func__, !s ? "no snapshot" : "no text"), -1;
    return set_label(s, name, value) ? no_memory(err) : 0;
}

const char *heapline_snapshot_label(const struct heapline_snapshot *s, const char *name) {
    const struct image_label *label = s && name ? find_label(s, name) : NULL;
    return label ? label->value : NULL;
}

/* --- Facts --- */

int heapline_snapshot_traceback_limit(const struct heapline_snapshot *s) {
    if (!s)
        return 0;
    return s->view.nframe ? (int)s->view.nframe : HEAPLINE_NFRAME_MAX;
}

int heapline_snapshot_totals(const struct heapline_snapshot *s, unsigned domain,
                             struct heapline_totals *out) {
    PAUSE_TRACING();
    if (!out || snapshot_read(s, __func__, NULL))
        return -1;
    image_totals(&s->view, 0, domain, out);
    if (s->is_filtered)
        out->frees = out->failed = 0;
    return 0;
}

/* --- Writing --- */

static int publish(struct image *image, int is_filtered, const char *path,
                   struct heapline_error *err) {
    struct buffer bytes = {0};
    struct pool pool = {0};
    int result = is_filtered && image_prune(image, &pool) ? no_memory(err)
                                                          : image_encode(image, &bytes, err);
    pool_fini(&pool);
    if (result)
        return -1;
    result = io_publish(path, bytes.bytes, bytes.size, 0);
    buffer_fini(&bytes);
    return result ? error_set(err, HEAPLINE_IO, -result, path, "cannot be written") : 0;
}

int heapline_snapshot_dump(const struct heapline_snapshot *s, const char *path,
                           struct heapline_error *err) {
    PAUSE_TRACING();
    if (!path)
        return snapshot_refuse(err, __func__, "no path"), -1;
    if (snapshot_read(s, __func__, err))
        return -1;
    source_lock(s->source, NULL);
    int result = source_embed(s->source, err);
    struct image image = s->view;
    image.symbols = s->source->image->symbols;
    image.symbol_count = s->source->image->symbol_count;
    source_unlock(s->source, NULL);
    image.labels = s->labels;
    image.label_count = s->label_count;
    return result ? -1 : publish(&image, s->is_filtered, path, err);
}

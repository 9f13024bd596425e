#include "api/source.h"
#include <stdlib.h>
#include "base/error.h"

static void free_images(struct image *image, struct given *given) {
    if (given)
        given_free(given);
    else
        image_free(image);
}

struct source *source_new(struct image *image, struct given *given, struct heapline_error *err) {
    struct source *source = calloc(1, sizeof *source);
    if (!source) {
        free_images(image, given);
        error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "no memory for the snapshot");
        return NULL;
    }
    *source = (struct source){.users = 1, .image = image, .given = given};
    pthread_mutex_init(&source->lock, NULL);
    intern_init(&source->texts, &source->pool);
    return source;
}

struct source *source_hold(struct source *source) {
    __atomic_fetch_add(&source->users, 1, __ATOMIC_RELAXED);
    return source;
}

void source_release(struct source *source) {
    if (__atomic_sub_fetch(&source->users, 1, __ATOMIC_ACQ_REL))
        return;
    symbols_free(source->symbols);
    intern_fini(&source->texts);
    pool_fini(&source->pool);
    free_images(source->image, source->given);
    pthread_mutex_destroy(&source->lock);
    free(source);
}

void source_lock(struct source *a, struct source *b) {
    struct source *first = b && b < a ? b : a, *second = first == a ? b : a;
    pthread_mutex_lock(&first->lock);
    if (second && second != first)
        pthread_mutex_lock(&second->lock);
}

void source_unlock(struct source *a, struct source *b) {
    pthread_mutex_unlock(&a->lock);
    if (b && b != a)
        pthread_mutex_unlock(&b->lock);
}

/* The program's environment is its own: libdw may read DEBUGINFOD_URLS there. */
struct symbols *source_symbols(struct source *source, struct heapline_error *err) {
    const struct symbols_options options = {.debuginfod = 1};
    if (!source->symbols)
        source->symbols = symbols_new(source->image, &source->texts, &options, err);
    return source->symbols;
}

int source_embed(struct source *source, struct heapline_error *err) {
    if (source->given || source->is_embedded)
        return 0;
    int result = symbols_embed(source->image, NULL, 0, NULL, NULL, err);
    source->is_embedded = !result;
    return result;
}

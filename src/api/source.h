/* What snapshots are made of: an image with what its addresses mean. Filtered snapshots share it.
 *
 * A struct source is counted: source_hold and source_release; the last release frees it. The image
 * is immutable; what its addresses mean is found out when first asked for, under the lock, which
 * whoever uses source_symbols holds for as long as it does. malloc'd. Thread-safe.
 */
#ifndef API_SOURCE_H
#define API_SOURCE_H

#include <pthread.h>
#include "analysis/symbols.h"
#include "api/given.h"
#include "snapshot/image.h"

struct source {
    unsigned users;
    pthread_mutex_t lock;
    struct image *image;
    struct given *given; /* owns the image, of frames that the program gave; NULL: decoded */
    int is_embedded;
    struct pool pool; /* of the texts */
    struct intern texts;
    struct symbols *symbols; /* NULL: not asked for yet */
};

/* Takes the image over, or `given` and its image; on failure too. NULL: HEAPLINE_NO_MEMORY. */
struct source *source_new(struct image *image, struct given *given, struct heapline_error *err);
struct source *source_hold(struct source *source);
void source_release(struct source *source);

/* Both locks, in the same order whoever asks; `b` may be `a` or NULL. */
void source_lock(struct source *a, struct source *b);
void source_unlock(struct source *a, struct source *b);

/* Under the lock. NULL: HEAPLINE_NO_MEMORY. */
struct symbols *source_symbols(struct source *source, struct heapline_error *err);
/* Finds out what every address means and puts it into the image. Under the lock. */
int source_embed(struct source *source, struct heapline_error *err);

#endif

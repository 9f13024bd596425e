/* The frames of one image among several, with texts of an interner that all of them share: equal
 * texts are equal pointers, and stay when the image and its symbols are gone.
 *
 * A struct shared_frames is the caller's storage and borrows the symbols, the interner and its
 * pool, in which the frames live too. Not thread-safe. Want of memory shows <unknown>:0 and sets
 * `failed`.
 */
#ifndef ANALYSIS_SHARED_FRAMES_H
#define ANALYSIS_SHARED_FRAMES_H

#include "analysis/path.h"
#include "analysis/symbols.h"

struct shared_frames {
    struct symbols *symbols;
    struct intern *texts;
    const struct symbol_frame **copies; /* [place]: NULL: not made yet */
    int failed;
};

void shared_frames_init(struct shared_frames *f, struct symbols *symbols, struct intern *texts);
/* As symbols_frames. */
size_t shared_frames_of(struct shared_frames *f, uint32_t node, const struct symbol_frame **frames);
/* As path_next. */
const struct symbol_frame *shared_frames_next(struct shared_frames *f, struct path *path);
void shared_frames_fini(struct shared_frames *f);

#endif

/* Making frames to keep out of what debug information, symbol tables and snapshots say.
 *
 * A struct frame_maker is the caller's storage; frames live in its pool, texts in its interner,
 * both borrowed. Each maker returns an array, or NULL for want of memory, which sets `failed`. Not
 * thread-safe.
 */
#ifndef ANALYSIS_FRAME_MAKER_H
#define ANALYSIS_FRAME_MAKER_H

#include "analysis/names.h"
#include "analysis/symbol_file.h"
#include "analysis/symbols.h"

struct frame_maker {
    struct pool *pool;
    struct intern *texts;
    const struct wrapper_list *wrappers;
    struct names names;
    int failed;
};

extern const struct symbol_frame frame_maker_unknown; /* <unknown>:0 */

void frame_maker_init(struct frame_maker *m, struct pool *pool, struct intern *texts,
                      const struct wrapper_list *wrappers);

/* raw->count frames; `symbol`, which may be NULL, is the outermost function's. */
const struct symbol_frame *frame_maker_raw(struct frame_maker *m, const char *module,
                                           const struct raw_frames *raw, const char *symbol);
/* Does the symbol table know more of the outermost function than these frames, such as the
 * namespace of one that is local to its file? */
int frame_maker_wants_symbol(const struct raw_frames *raw);

/* embedded->frame_count frames. */
const struct symbol_frame *frame_maker_embedded(struct frame_maker *m, const char *module,
                                                const struct image_symbol *embedded);
/* The same where the program said so itself: no frame is a wrapper; `module` may be NULL. */
const struct symbol_frame *frame_maker_given(struct frame_maker *m, const char *module,
                                             const struct image_symbol *embedded);
/* 1: an embedded frame of this module (or NULL) has a source file. */
int frame_maker_is_located(const struct image_frame *frame, const char *module);

/* One frame: MODULE(SYMBOL+0x1a), MODULE+0x1234. */
const struct symbol_frame *frame_maker_symbol(struct frame_maker *m, const char *module,
                                              const char *symbol, uint64_t offset);
const struct symbol_frame *frame_maker_address(struct frame_maker *m, const char *module,
                                               uint64_t vaddr);

void frame_maker_fini(struct frame_maker *m);

#endif

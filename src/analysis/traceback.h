/* Tracebacks as numbers: each distinct one, and each outer part of it, is kept once, so that a
 * million call paths that share their outer frames take the memory of a tree.
 *
 * A struct tracebacks is the caller's storage and borrows the texts, which must come from one
 * interner. Not thread-safe. Want of memory gives TRACEBACK_NONE and sets `failed`.
 */
#ifndef ANALYSIS_TRACEBACK_H
#define ANALYSIS_TRACEBACK_H

#include <stdint.h>
#include "analysis/path.h"
#include "analysis/shared_frames.h"

enum { TRACEBACK_ROOTS = 2 };
#define TRACEBACK_NONE UINT32_MAX

struct traceback_part { /* a frame and those that called it */
    const char *text;
    uint64_t number; /* the line */
    uint32_t caller; /* TRACEBACK_NONE: the oldest frame */
    uint32_t length; /* how many frames, with the callers */
};

struct traceback_slot {
    uint32_t hash, id_plus_1; /* 0: empty */
};

struct tracebacks {
    struct traceback_part *part; /* [id] */
    struct traceback_slot *slot; /* a power of two of them */
    uint32_t count, capacity, slot_mask;
    int failed;
    uint32_t *ids[TRACEBACK_ROOTS]; /* [node]: of its whole path, for each image */
    uint32_t *rank;                 /* [id]: see tracebacks_rank */
};

void tracebacks_init(struct tracebacks *t);
/* The traceback of one frame that no other called: any text and number. */
uint32_t traceback_of_one(struct tracebacks *t, const char *text, uint64_t number);
/* The frames from the position outward. `root` tells the images apart, whose frames these are. */
uint32_t traceback_of_path(struct tracebacks *t, unsigned root, struct shared_frames *frames,
                           struct path path);
static inline const struct traceback_part *traceback_part(const struct tracebacks *t, uint32_t id) {
    return &t->part[id];
}
/* Orders all tracebacks made so far: frame by frame, the oldest first, by text and then by number.
 * -1 for want of memory. */
int tracebacks_rank(struct tracebacks *t);
/* <0, 0, >0 by that order. */
int traceback_compare(const struct tracebacks *t, uint32_t a, uint32_t b);
void tracebacks_fini(struct tracebacks *t);

#endif

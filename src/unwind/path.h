/* The call path of a thread's last event, as the unwinder remembers it: frames from the outermost
 * to the innermost, and every stack slot that a step between them has read.
 *
 * Stepping out of a frame is a pure function of its registers and of those slots. So when a walk
 * arrives at a remembered frame with the same registers, and every slot further out still holds its
 * value, the rest of the path is the same, and so are its call-tree nodes.
 *
 * One owner, one thread; private mappings that grow; not re-entrant. */
#ifndef UNWIND_PATH_H
#define UNWIND_PATH_H

#include <stdint.h>
#include "base/arena.h"

#define PATH_EXACT ARENA_IP_EXACT    /* in frame.ip: an interrupted pc, not a return address */
#define PATH_OWN (UINT64_C(1) << 48) /* in frame.ip: the tracer's own, no part of the path */
#define PATH_IP (ARENA_IP_MASK | PATH_EXACT) /* in frame.ip: what identifies the frame */
enum { PATH_DEPTH_MAX = 1 << 20, PATH_SLOTS_PER_FRAME = 3 };

enum path_bp { PATH_BP_KEPT, PATH_BP_RELOADED, PATH_BP_USED }; /* what the step out does to rbp */

struct path_frame {
    uint64_t ip, sp, bp;
    uint32_t node;         /* the owner's: call-tree node, valid below `known` */
  uint32_t slots : 30;     /* of this frame and all outer ones; while fresh: of this frame */
    uint32_t bp_state : 2; /* enum path_bp; once remembered, not KEPT but whether rbp matters */
};

struct path_slot {
    uint64_t address, value;
};

struct path {
    struct path_frame *frame; /* outermost first */
    struct path_slot *slot;
    struct path_frame *fresh; /* innermost first: what this walk has passed, not joined yet */
    struct path_slot *fresh_slot;
    uint32_t count, capacity;
    uint32_t fresh_count, fresh_slot_count;
    uint32_t known;      /* frames below it are as they were at the last walk */
    uint32_t generation; /* of loaded objects, at which the path was walked */
    uint32_t guessed;    /* frames of this walk found by following rbp through code without CFI */
    uint32_t truncated;  /* 1: the path ends before the stack does */
};

/* 0, or -1: no memory. */
int path_init(struct path *p);
/* Begins a walk. */
void path_begin(struct path *p, uint32_t generation);
/* Makes room for more fresh frames; 0 or -1. The arrays may move. */
int path_grow(struct path *p);

/* Adds the next frame outwards, whose slots lie behind those of the frames before; 0 or -1. */
static inline int path_add(struct path *p, struct path_frame frame) {
    if (__builtin_expect(p->fresh_count == p->capacity, 0) && path_grow(p) != 0)
        return -1;
    p->fresh[p->fresh_count++] = frame;
    p->fresh_slot_count += frame.slots;
    return 0;
}

/* Looks for the frame with these registers among the remembered ones below *top (which goes down
 * with every call of one walk). 1: it is there and the path further out is unchanged; *top is then
 * how many frames that is. */
int path_match(const struct path *p, uint64_t ip, uint64_t sp, uint64_t bp, uint32_t *top);
/* Ends a walk: the fresh frames go onto the outermost `kept` remembered ones. */
void path_join(struct path *p, uint32_t kept);

/* How much memory a path of this capacity takes; may it grow? Implemented by the owner. */
int path_may_grow(void);
void path_grew(uint64_t bytes);

#endif

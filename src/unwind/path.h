/* The call path of a thread's last events, as the unwinder remembers it: frames from the outermost
 * to the innermost, and the stack slots that the steps between them depend on.
 *
 * Stepping out of a frame is a pure function of its registers and of those slots. So when a walk
 * arrives at a remembered frame with the same registers, and every slot further out still holds its
 * value, the rest of the path is the same. A saved rbp is such a slot only where a step further out
 * uses it before it is loaded again.
 *
 * One owner, one thread; private mappings that grow; not re-entrant. */
#ifndef UNWIND_PATH_H
#define UNWIND_PATH_H

#include <stdint.h>
#include "base/arena.h"

#define PATH_EXACT ARENA_IP_EXACT /* in frame.ip: an interrupted pc, not a return address */
#define PATH_IP (ARENA_IP_MASK | PATH_EXACT)
enum { PATH_DEPTH_MAX = 1 << 20, PATH_SLOTS_PER_FRAME = 3, PATH_SLOTS_MAX = (1 << 29) - 1 };

/* Comparing all slots at every event would take a deep recursion's square of time. So of more than
 * PATH_ALL_SLOTS only the outermost and innermost ones are compared: that those between have
 * changed is seen when an event lies among them, or none of the frames further in is left. */
enum { PATH_ALL_SLOTS = 1 << 14, PATH_OUTER_SLOTS = 1 << 9, PATH_INNER_SLOTS = 1 << 11 };
/* Where a path has become too deep, a walk passes so many frames, which then are the whole path. */
enum { PATH_DEPTH_CUT = 1 << 12 };

/* What is known of a step out of a frame. A plain one has read the return address, perhaps the
 * saved bp, and may have used bp; of a special one all is said. */
enum path_step {
    PATH_BP_USED = 1,
    PATH_BP_SAVED = 8, /* has read the caller's bp, which else is the same or unknown */
    PATH_SPECIAL = 16,
    PATH_BACK = 32,     /* has read the return address */
    PATH_OTHER = 64,    /* has read one more slot, which leads to those */
    PATH_BP_LOST = 128, /* bp is unknown from here on */
    PATH_OPAQUE = 256,  /* nobody knows what it depends on */
    PATH_GUESSED = 512, /* some frame further in has no CFI, so sp and bp may be wrong */
    PATH_OWN = 1024     /* the frame is the tracer's, no part of the path */
};

struct path_slot {
    uint64_t address, value;
};

/* A frame that a walk has passed, not joined to the path yet. */
struct path_fresh {
    uint64_t ip_module, sp, bp;
    uint64_t step;                          /* enum path_step */
    struct path_slot other, saved_bp, back; /* what the step has read, if it has */
};

struct path_frame {
    uint64_t ip_module; /* as in struct arena_node */
    uint64_t sp, bp;
    uint64_t hash;     /* of the path from the outermost frame to this one */
    uint64_t stamp;    /* the same wherever a step out of it and all that follow are the same */
    uint32_t node;     /* the owner's: call-tree node; 0: not looked up */
  uint32_t slots : 29; /* of this frame and all outer ones */
    uint32_t uses_bp : 1;
    uint32_t guessed : 1;
    uint32_t own : 1;
};

/* The innermost end of a path. */
struct path_end {
    uint64_t hash;
    uint32_t site; /* the owner's: what it knows of the path; 0: nothing yet */
};

struct path {
    struct path_frame *frame; /* outermost first; in front of it there is one beyond every stack */
    struct path_slot *slot;
    struct path_fresh *fresh; /* innermost first: what this walk has passed, not joined yet */
    uint32_t count, capacity, fresh_count;
    uint32_t depth;       /* frames of the path walked last, unless it was found in the memo */
    uint32_t on_stack;    /* so many frames from the outermost have all slots on the own stack */
    uint32_t clear;       /* so many frames from the outermost have no opaque one among them */
    uint32_t generation;  /* of loaded objects, at which the path was walked */
    uint32_t guessed;     /* frames of this walk found by following rbp through code without CFI */
    uint32_t truncated;   /* 1: the path ends before the stack does */
    uint32_t is_too_deep; /* 1: the last walk has found more frames than there is room for */
    uint32_t forgotten;   /* so many times */
    uintptr_t stack_low,
        stack_high;      /* the own stack, always mapped between any frame and its top */
    struct path_end end; /* of the path walked last */
};

/* 0, or -1: no memory. */
int path_init(struct path *p);
/* Begins a walk. */
void path_begin(struct path *p, uint32_t generation);
/* Remembers nothing more: the arrays may have been half written. No stamp comes again. */
void path_forget(struct path *p);
/* Makes room for more fresh frames; 0 or -1. The arrays may move. */
int path_grow(struct path *p);

static inline int path_is_on_stack(const struct path *p, uint64_t address) {
    return address - p->stack_low < p->stack_high - p->stack_low;
}

static inline uint64_t path_slot_change(const struct path_slot *slot) {
    return *(const uint64_t *)(uintptr_t)slot->address ^ slot->value;
}

static inline uint64_t path_change_of_four(const struct path_slot *slot) {
    return path_slot_change(slot) | path_slot_change(slot + 1) | path_slot_change(slot + 2) |
           path_slot_change(slot + 3);
}

/* Is 0 if `count` slots, which must be readable, hold what they held. Without a branch for each:
 * they nearly always do. */
static inline uint64_t path_slots_change(const struct path_slot *slot, uint32_t count) {
    const struct path_slot *end = slot + count;
    uint64_t change = 0, other = 0;
    for (; end - slot >= 8; slot += 8) {
        change |= path_change_of_four(slot);
        other |= path_change_of_four(slot + 4);
    }
    if (end - slot >= 4) {
        change |= path_change_of_four(slot);
        slot += 4;
    }
    for (; slot < end; slot++)
        change |= path_slot_change(slot);
    return change | other;
}

/* How many frames this walk may pass before it needs more room. */
static inline uint32_t path_room(const struct path *p) {
    return p->is_too_deep && p->capacity > PATH_DEPTH_CUT ? PATH_DEPTH_CUT : p->capacity;
}

/* The number of frames below `top`, from the outermost, that can still be met: `top` itself when
 * all its slots are as they were. */
uint32_t path_verify(const struct path *p, uint32_t top);
/* Ends a walk: the fresh frames go onto the outermost `kept` remembered ones, which are clear. */
void path_join(struct path *p, uint32_t kept);

static inline uint64_t path_hash(uint64_t outer, uint64_t ip_module) {
    uint64_t h = (outer ^ ip_module) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}
#define PATH_HASH_ROOT UINT64_C(0x243f6a8885a308d3)

/* May more memory be taken, for a path or what else is remembered; so much more of it is in use
 * now. Implemented by the owner. */
int path_may_grow(void);
void path_grew(int64_t bytes);

#endif

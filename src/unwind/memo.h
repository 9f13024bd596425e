/* In front of the walk: the inner ends of paths seen before, keyed by where they begin. A segment
 * leads from a hook's caller to a frame of the remembered path (path.h). While that frame, or again
 * one with its stamp, is there, and all slots, the segment's and those further out, hold what they
 * held, the whole path is as it was: without a step, and without touching the remembered path.
 *
 * Only for segments on the thread's own stack. One owner, one thread. */
#ifndef UNWIND_MEMO_H
#define UNWIND_MEMO_H

#include <stddef.h>
#include <stdint.h>
#include "unwind/path.h"

enum { MEMO_WAYS = 4, MEMO_SLOTS = 16 };

struct memo_segment {
    _Alignas(64) uint64_t ip; /* its start; sp 0: empty */
    uint64_t sp, bp;
    struct memo_segment *next; /* what was come upon next, the last time; NULL: nothing yet */
    uint64_t stamp;            /* of the frame that it leads to */
    struct path_end end;
    uint32_t frames;      /* of the remembered path, up to and including that frame */
    uint16_t outer_slots; /* that belong to those frames */
    uint8_t slots;
    int8_t bp_mask; /* -1: what bp is matters, 0: it does not */
    struct path_slot slot[MEMO_SLOTS];
};

/* Segments that begin alike, in an allocation function called from many places, have the same key.
 * When they are in each other's way, a hint is learnt: at which distance from sp they differ first,
 * a return address. What lies there goes into the key, which may have a hint in turn. Nothing but
 * the choice of a set hangs on it. */
enum { MEMO_HINTS_IN_A_ROW = 8 };
struct memo_hint {
    uint64_t key, distance;
};

/* The memo begins small. Where so many call paths come again that their segments are in each
 * other's way, as in a compiler, one of twice the size takes its place, empty, while all that have
 * grown take no more than MEMO_GROWN_MAX bytes together. */
enum { MEMO_BITS_FIRST = 7, MEMO_HINTS_A_SET_BITS = 3, MEMO_GROWN_MAX = 4 << 20 };

/* After every MEMO_REVIEW walks the memo asks how many events there have been meanwhile. If they
 * are still few when it has had the time to be filled, and most walks' segments took others'
 * places, it grows. Else call paths seldom come again, and keeping segments costs more than it
 * saves: it rests for some time, longer each time, until it is worth it again. */
enum { MEMO_REVIEW = 256, MEMO_EVENTS_A_WALK = 4, MEMO_REST_MAX = 64 /* reviews */ };

struct memo {
    uint32_t bits;                        /* of the number of sets; 0: nothing was kept yet */
    struct memo_segment *segment;         /* one mapping: those of a set side by side, */
    uint64_t *key;                        /* their keys, */
    struct memo_hint *hint;               /* and the hints */
    struct memo_segment *last, *expected; /* what was come upon last; its next */
    uint32_t victim;                      /* the way that is replaced next */
    uint32_t refused;                     /* hints not learnt because another had their place */
    uint32_t replaced; /* segments in whose place others came, since the review */
    uint32_t walks;
    uint32_t rest, last_rest; /* reviews that it rests for, still and when it began */
    uint32_t filling;         /* so many reviews it goes on as it is, however little it helps */
    uint64_t reviewed_at;     /* events by then */
};

static inline int memo_begins(const struct memo_segment *s, uint64_t ip, uint64_t sp, uint64_t bp) {
    uint64_t mask = (uint64_t)(int64_t)s->bp_mask;
    return ((s->sp ^ sp) | (s->ip ^ ip) | ((s->bp ^ bp) & mask)) == 0;
}

/* Is the frame that it leads to there, or one like it, and may all slots further out be read? A
 * stamp does not say where they lie. */
static inline int memo_leads_on(const struct memo_segment *s, const struct path *p) {
    return s->frames <= p->on_stack && p->frame[s->frames - 1].stamp == s->stamp;
}

/* Is a path that starts here as the segment says, down to the frame that it leads to, and was its
 * site named? What begins like a segment lies on the own stack, as that did. */
static inline int memo_is(const struct memo_segment *s, const struct path *p, uint64_t ip,
                          uint64_t sp, uint64_t bp) {
    return memo_begins(s, ip, sp, bp) && s->end.site != 0 && memo_leads_on(s, p) &&
           path_slots_change(s->slot, s->slots) == 0;
}

/* Its next has left the caches by the time it is wanted, where there are many. */
static inline void memo_come_upon(struct memo *m, struct memo_segment *s) {
    const char *next = (const char *)s->next;
    m->last = s;
    m->expected = s->next;
    __builtin_prefetch(next);
    __builtin_prefetch(next + 64);
    __builtin_prefetch(next + 128);
}

/* The segment of such a path, other than the expected one; NULL: none. */
struct memo_segment *memo_look_up(struct memo *m, const struct path *p, uint64_t ip, uint64_t sp,
                                  uint64_t bp);

/* The end of the path that starts here, if its site was named and it is known to be the same as
 * then; else NULL. */
static inline struct path_end *memo_find(struct memo *m, const struct path *p, uint64_t ip,
                                         uint64_t sp, uint64_t bp) {
    struct memo_segment *s = m->expected;
    if (__builtin_expect(s == NULL || !memo_is(s, p, ip, sp, bp), 0))
        s = memo_look_up(m, p, ip, sp, bp);
    if (s == NULL || path_slots_change(p->slot, s->outer_slots) != 0)
        return NULL;
    memo_come_upon(m, s);
    return &s->end;
}

/* After a walk that met the path at `met` frames: keeps its segment and returns where its end now
 * lies; NULL when it may not be kept. */
struct path_end *memo_keep(struct memo *m, const struct path *p, uint32_t met);

/* Has a segment a place? If need be, and there is memory, it is made; else the memo rests. */
int memo_has_room(struct memo *m);

static inline int memo_rests(const struct memo *m) {
    return m->rest > 0;
}
/* A walk is needed; the thread has had so many events in all, allocations and frees. No segment may
 * be in use. */
void memo_review(struct memo *m, uint64_t events);
static inline void memo_note_walk(struct memo *m, uint64_t events) {
    if (++m->walks % MEMO_REVIEW == 0)
        memo_review(m, events);
}

#endif

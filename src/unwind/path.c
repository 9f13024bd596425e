#include <string.h>

#include "base/sys.h"
#include "unwind/path.h"

enum { FIRST_CAPACITY = 512 };

static uint64_t arrays_size(uint32_t capacity) {
    return capacity *
               (sizeof(struct path_fresh) + PATH_SLOTS_PER_FRAME * sizeof(struct path_slot)) +
           (capacity + UINT64_C(1)) * sizeof(struct path_frame);
}

/* Cuts one mapping into the three arrays. A signal handler that interrupts this may leave by
 * longjmp: at every moment there is room for `capacity`, and a frame in front. */
static int map_arrays(struct path *p, uint32_t capacity) {
    struct path_fresh *fresh = sys_pages(arrays_size(capacity));
    struct path_slot *slot;
    struct path_frame *frame;
    if (fresh == NULL)
        return -1;
    slot = (struct path_slot *)(fresh + capacity);
    frame = (struct path_frame *)(slot + (uint64_t)capacity * PATH_SLOTS_PER_FRAME) + 1;
    path_grew((int64_t)arrays_size(capacity));
    frame[-1] = (struct path_frame){.sp = UINT64_MAX, .hash = PATH_HASH_ROOT};
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    p->fresh = fresh;
    p->slot = slot;
    p->frame = frame;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    p->capacity = capacity;
    return 0;
}

int path_init(struct path *p) {
    memset(p, 0, sizeof *p);
    return map_arrays(p, FIRST_CAPACITY);
}

static uint32_t slots_of(const struct path *p, uint32_t frames) {
    return p->frame[(int64_t)frames - 1].slots;
}

int path_grow(struct path *p) {
    struct path old = *p;
    uint32_t want = p->capacity * 2 > PATH_DEPTH_MAX ? PATH_DEPTH_MAX : p->capacity * 2;
    if (p->capacity == PATH_DEPTH_MAX || p->is_too_deep || !path_may_grow() ||
        map_arrays(p, want) != 0)
        return -1;
    memcpy(p->frame, old.frame, old.count * sizeof *p->frame);
    memcpy(p->slot, old.slot, slots_of(&old, old.count) * sizeof *p->slot);
    memcpy(p->fresh, old.fresh, old.fresh_count * sizeof *p->fresh);
    sys_munmap(old.fresh, arrays_size(old.capacity));
    path_grew(-(int64_t)arrays_size(old.capacity));
    return 0;
}

void path_begin(struct path *p, uint32_t generation) {
    if (p->generation != generation) {
        p->generation = generation;
        p->count = p->on_stack = p->clear = 0;
    }
    p->fresh_count = 0;
    p->guessed = 0;
}

void path_forget(struct path *p) {
    p->count = p->on_stack = p->clear = 0;
    p->forgotten++;
}

static uint32_t frame_of_slot(const struct path *p, uint32_t top, uint32_t slot) {
    while (top > 1 && p->frame[top - 2].slots > slot)
        top--;
    return top - 1;
}

/* How many of the first `count` slots hold what they held, up to the first that does not. */
static uint32_t count_same(const struct path_slot *slot, uint32_t count) {
    uint32_t i = 0;
    while (i + 4 <= count && path_change_of_four(slot + i) == 0)
        i += 4;
    while (i < count && path_slot_change(slot + i) == 0)
        i++;
    return i;
}

static uint32_t count_same_at_ends(const struct path_slot *slot, uint32_t count) {
    uint32_t outer = count_same(slot, PATH_OUTER_SLOTS), inner = count - PATH_INNER_SLOTS;
    return outer < PATH_OUTER_SLOTS ? outer : inner + count_same(slot + inner, PATH_INNER_SLOTS);
}

/* Frames on other stacks first, inwards out, in the order of a walk: a slot is only read once every
 * slot that led to it has proved unchanged, so it is part of the live stack. */
uint32_t path_verify(const struct path *p, uint32_t top) {
    uint32_t safe = slots_of(p, p->on_stack < top ? p->on_stack : top), same;
    for (uint32_t i = slots_of(p, top); i-- > safe;)
        if (path_slot_change(&p->slot[i]) != 0)
            return frame_of_slot(p, top, i);
    same = safe > PATH_ALL_SLOTS ? count_same_at_ends(p->slot, safe) : count_same(p->slot, safe);
    return same == safe ? top : frame_of_slot(p, top, same);
}

/* Odd, and without a pattern: what a stamp is the sum of. */
#define STAMP_TIME UINT64_C(0xb564ef22ec7aece5)
#define STAMP_SP UINT64_C(0xd1342543de82ef95)
#define STAMP_BP UINT64_C(0xaf251af3b0f025b5)
#define STAMP_SLOTS UINT64_C(0xbea225f9eb34556d)
#define STAMP_OWN UINT64_C(0x9fb21c651e98df25)

/* Where frames are added, and what they take over from the outermost inwards. */
struct joint {
    struct path_frame *frame;                    /* the next one */
    struct path_slot *slot;                      /* its first slot */
    uint64_t hash, stamp, stack_low, stack_span; /* stamp: a part of every frame's */
    uint32_t slots, uses_bp;
    const struct path_frame *off_stack, *opaque; /* the outermost such frame; NULL: none */
};

static struct joint begin_joining(struct path *p) {
    const struct path_frame *outer = &p->frame[(int64_t)p->count - 1];
    struct joint j = {.frame = p->frame + p->count,
                      .slot = p->slot + outer->slots,
                      .slots = outer->slots,
                      .hash = outer->hash,
                      .stamp = ((uint64_t)p->generation << 32 | p->forgotten) * STAMP_TIME,
                      .stack_low = p->stack_low,
                      .stack_span = p->stack_high - p->stack_low,
                      .uses_bp = outer->uses_bp};
    return j;
}

/* Of a slot of the next frame. */
static inline void keep(struct joint *j, const struct path_slot *from) {
    *j->slot++ = *from;
    j->slots++;
    if (__builtin_expect(from->address - j->stack_low >= j->stack_span, 0) && j->off_stack == NULL)
        j->off_stack = j->frame;
}

/* Of the next frame, whose hash is known: that says which code it is of, but of the tracer's own.
 */
static inline uint64_t stamp_of(const struct joint *j, const struct path_fresh *fresh,
                                uint32_t step) {
    uint64_t bp = fresh->bp & -(uint64_t)(j->uses_bp & 1);
    uint64_t own = step & PATH_OWN ? fresh->ip_module : 0;
    return j->stamp + j->hash + fresh->sp * STAMP_SP + bp * STAMP_BP + own * STAMP_OWN +
           (j->slots | (step & PATH_GUESSED) << 22) * STAMP_SLOTS;
}

static inline void add(struct joint *j, const struct path_fresh *fresh, uint32_t step) {
    struct path_frame *f = j->frame++;
    if (!(step & PATH_OWN))
        j->hash = path_hash(j->hash, fresh->ip_module);
    f->ip_module = fresh->ip_module;
    f->sp = fresh->sp;
    f->bp = fresh->bp;
    f->hash = j->hash;
    f->stamp = stamp_of(j, fresh, step);
    f->node = 0;
    f->slots = j->slots & PATH_SLOTS_MAX;
    f->uses_bp = j->uses_bp & 1;
    f->guessed = step / PATH_GUESSED & 1;
    f->own = step / PATH_OWN & 1;
}

static __attribute__((noinline)) struct joint
append_special(struct joint j, const struct path_fresh *fresh, uint32_t step) {
    if (step & PATH_OTHER)
        keep(&j, &fresh->other);
    if (step & PATH_BP_SAVED && j.uses_bp)
        keep(&j, &fresh->saved_bp);
    if (step & PATH_BACK)
        keep(&j, &fresh->back);
    if (step & PATH_OPAQUE && j.opaque == NULL)
        j.opaque = j.frame;
    if (step & (PATH_BP_SAVED | PATH_BP_LOST))
        j.uses_bp = 0;
    j.uses_bp |= step & PATH_BP_USED;
    add(&j, fresh, step);
    return j;
}

/* A saved bp matters only if a step further out uses it. */
static inline void append(struct joint *j, const struct path_fresh *fresh) {
    uint32_t step = (uint32_t)fresh->step, saved = step / PATH_BP_SAVED & 1;
    if (__builtin_expect(step & PATH_SPECIAL, 0)) {
        *j = append_special(*j, fresh, step);
        return;
    }
    if (saved & j->uses_bp)
        keep(j, &fresh->saved_bp);
    keep(j, &fresh->back);
    j->uses_bp = (step & PATH_BP_USED) | (j->uses_bp & ~saved);
    add(j, fresh, 0);
}

/* Of the fresh frames so many that have room. */
static uint32_t make_room(struct path *p) {
    while (p->capacity - p->count < p->fresh_count)
        if (path_grow(p) != 0)
            return p->capacity - p->count;
    return p->fresh_count;
}

/* Appends the fresh frames from the outermost inwards, as long as there is room. */
static void append_all(struct path *p) {
    uint32_t added = make_room(p), on_stack = p->on_stack;
    p->is_too_deep = added < p->fresh_count;
    const struct path_fresh *fresh = p->fresh + p->fresh_count, *end = fresh - added;
    struct joint j = begin_joining(p);
    while (fresh > end)
        append(&j, --fresh);
    if (on_stack >= p->count) /* else there are other frames further out */
        on_stack = j.off_stack != NULL ? (uint32_t)(j.off_stack - p->frame) : p->count + added;
    p->count += added;
    p->clear = j.opaque != NULL ? (uint32_t)(j.opaque - p->frame) : p->count;
    p->on_stack = on_stack < p->clear ? on_stack : p->clear;
    if (p->is_too_deep) { /* the innermost are missing: begin anew next time */
        p->truncated = 1;
        p->generation = 0;
    }
}

void path_join(struct path *p, uint32_t kept) {
    p->depth = kept;
    if (p->fresh_count > 0) {
        p->count = kept;
        append_all(p);
        p->depth = p->count;
    }
    p->end.hash = p->frame[(int64_t)p->depth - 1].hash;
    p->end.site = 0;
}

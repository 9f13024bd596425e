#include <string.h>

#include "base/sys.h"
#include "unwind/path.h"

enum { FIRST_CAPACITY = 512 };

static uint64_t slots_size(uint32_t capacity) {
    return (uint64_t)capacity * PATH_SLOTS_PER_FRAME * sizeof(struct path_slot);
}

static uint64_t arrays_size(uint32_t capacity) {
    return capacity * (sizeof(struct path_frame) + sizeof(struct path_fresh)) +
           2 * slots_size(capacity);
}

/* Cuts one mapping into the four arrays. */
static int map_arrays(struct path *p, uint32_t capacity) {
    unsigned char *at = sys_pages(arrays_size(capacity));
    if (at == NULL)
        return -1;
    path_grew(arrays_size(capacity));
    p->capacity = capacity;
    p->slot = (struct path_slot *)at;
    p->fresh_slot = p->slot + (uint64_t)capacity * PATH_SLOTS_PER_FRAME;
    at += 2 * slots_size(capacity);
    p->frame = (struct path_frame *)at;
    p->fresh = (struct path_fresh *)(at + capacity * sizeof *p->frame);
    return 0;
}

int path_init(struct path *p) {
    memset(p, 0, sizeof *p);
    return map_arrays(p, FIRST_CAPACITY);
}

static uint32_t slots_of(const struct path *p, uint32_t frames) {
    return frames > 0 ? p->frame[frames - 1].slots : 0;
}

int path_grow(struct path *p) {
    struct path old = *p;
    uint32_t want = p->capacity * 2 > PATH_DEPTH_MAX ? PATH_DEPTH_MAX : p->capacity * 2;
    if (p->capacity == PATH_DEPTH_MAX || !path_may_grow() || map_arrays(p, want) != 0)
        return -1;
    memcpy(p->frame, old.frame, old.count * sizeof *p->frame);
    memcpy(p->slot, old.slot, slots_of(&old, old.count) * sizeof *p->slot);
    memcpy(p->fresh, old.fresh, old.fresh_count * sizeof *p->fresh);
    memcpy(p->fresh_slot, old.fresh_slot, old.fresh_slot_count * sizeof *p->fresh_slot);
    sys_munmap(old.slot, arrays_size(old.capacity));
    return 0;
}

void path_begin(struct path *p, uint32_t generation) {
    if (p->generation != generation) {
        p->generation = generation;
        p->count = p->on_stack = p->clear = 0;
    }
    p->fresh_count = p->fresh_slot_count = 0;
    p->guessed = 0;
}

/* Stamps are left out, so that none given by an unfinished walk comes again. */
void path_forget(struct path *p) {
    p->count = p->on_stack = p->clear = 0;
    p->stamp += PATH_DEPTH_MAX;
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

/* Frames on other stacks first, inwards out, in the order of a walk: a slot is only read once every
 * slot that led to it has proved unchanged, so it is part of the live stack. */
uint32_t path_verify(const struct path *p, uint32_t top) {
    uint32_t safe = slots_of(p, p->on_stack < top ? p->on_stack : top), same;
    for (uint32_t i = slots_of(p, top); i-- > safe;)
        if (path_slot_change(&p->slot[i]) != 0)
            return frame_of_slot(p, top, i);
    same = count_same(p->slot, safe);
    return same == safe ? top : frame_of_slot(p, top, same);
}

/* Where frames are added, and what they take over from the outermost inwards. */
struct joint {
    struct path_frame *frame; /* the next one */
    struct path_slot *slot;   /* its first slot */
    const struct path_slot *first_slot;
    uint64_t hash, stamp, stack_low, stack_span;
    uint32_t uses_bp, on_stack, clear;
};

static struct joint begin_joining(const struct path *p) {
    static const struct path_frame root = {.hash = PATH_HASH_ROOT};
    const struct path_frame *outer = p->count > 0 ? &p->frame[p->count - 1] : &root;
    struct joint j = {.frame = p->frame + p->count,
                      .slot = p->slot + outer->slots,
                      .first_slot = p->slot,
                      .hash = outer->hash,
                      .stamp = p->stamp,
                      .stack_low = p->stack_low,
                      .stack_span = p->stack_high - p->stack_low,
                      .uses_bp = outer->uses_bp,
                      .on_stack = p->on_stack == p->count,
                      .clear = p->clear == p->count};
    return j;
}

/* Keeps a slot that matters: a saved rbp only if a step further out uses it. */
static inline void append_slot(struct joint *j, const struct path_slot *from, uint32_t is_there) {
    uint64_t address = from->address & ~PATH_SLOT_BP;
    uint32_t is_kept = is_there & (j->uses_bp | (address == from->address));
    *j->slot = (struct path_slot){address, from->value};
    j->slot += is_kept;
    j->on_stack &= (address - j->stack_low < j->stack_span) | (is_kept ^ 1);
}

/* Most steps read one or two: without a branch, which could not be predicted. There is room for
 * PATH_SLOTS_PER_FRAME. */
static inline void append_slots(struct joint *j, const struct path_slot *from, uint32_t count) {
    append_slot(j, from, count > 0);
    append_slot(j, from + 1, count > 1);
    if (__builtin_expect(count > 2, 0))
        append_slot(j, from + 2, 1);
}

static inline void append(struct joint *j, const struct path_fresh *fresh,
                          const struct path_slot *slots) {
    uint32_t step = fresh->step, is_opaque = step / PATH_OPAQUE & 1;
    append_slots(j, slots, fresh->slots);
    if (step & (PATH_BP_RELOADED | PATH_BP_USED))
        j->uses_bp = step / PATH_BP_USED & 1;
    if (!(step & PATH_OWN))
        j->hash = path_hash(j->hash, fresh->ip_module);
    j->clear &= ~is_opaque;
    j->on_stack &= ~is_opaque;
    *j->frame++ = (struct path_frame){.ip_module = fresh->ip_module,
                                      .sp = fresh->sp,
                                      .bp = fresh->bp,
                                      .hash = j->hash,
                                      .stamp = ++j->stamp,
                                      .slots = (uint32_t)(j->slot - j->first_slot) & PATH_SLOTS_MAX,
                                      .uses_bp = j->uses_bp & 1,
                                      .guessed = step / PATH_GUESSED & 1,
                                      .own = step / PATH_OWN & 1};
}

/* Appends the `count` outermost fresh frames. */
static void append_all(struct path *p, uint32_t count) {
    struct joint j = begin_joining(p);
    const struct path_slot *slots = p->fresh_slot + p->fresh_slot_count;
    const struct path_fresh *fresh = p->fresh + p->fresh_count;
    uint32_t on_stack = 0, clear = 0;
    for (uint32_t i = 0; i < count; i++) {
        slots -= (--fresh)->slots;
        append(&j, fresh, slots);
        on_stack += j.on_stack;
        clear += j.clear;
    }
    p->count += count;
    p->on_stack += on_stack;
    p->clear += clear;
    p->stamp = j.stamp;
}

static uint32_t lower(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* Of the fresh frames so many that have room. */
static uint32_t make_room(struct path *p) {
    while (p->capacity - p->count < p->fresh_count)
        if (path_grow(p) != 0)
            return p->capacity - p->count;
    return p->fresh_count;
}

void path_join(struct path *p, uint32_t kept) {
    uint32_t added;
    if (p->fresh_count > 0)
        p->count = kept;
    p->on_stack = lower(p->on_stack, p->count);
    p->clear = lower(p->clear, p->count);
    added = make_room(p);
    append_all(p, added);
    p->depth = kept + added;
    if (added < p->fresh_count) { /* the innermost are missing: begin anew next time */
        p->truncated = 1;
        p->generation = 0;
    }
    p->end.hash = p->depth > 0 ? p->frame[p->depth - 1].hash : PATH_HASH_ROOT;
    p->end.site = 0;
}

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

/* Keeps of the step's slots those that matter; returns where the next one goes. */
static uint32_t append_slots(struct path *p, uint32_t at, const struct path_slot *from,
                             uint32_t count, int outer_uses_bp, int *on_stack) {
    for (uint32_t i = 0; i < count; i++) {
        uint64_t address = from[i].address & ~PATH_SLOT_BP;
        if (address != from[i].address && !outer_uses_bp)
            continue;
        *on_stack &= path_is_on_stack(p, address);
        p->slot[at++] = (struct path_slot){address, from[i].value};
    }
    return at;
}

/* Appends a fresh frame, whose slots begin at `slot`. */
static void append(struct path *p, const struct path_fresh *fresh, const struct path_slot *slot) {
    static const struct path_frame root = {.hash = PATH_HASH_ROOT};
    const struct path_frame *outer = p->count > 0 ? &p->frame[p->count - 1] : &root;
    struct path_frame *f = &p->frame[p->count];
    uint64_t ip_module = fresh->ip | (uint64_t)fresh->module << ARENA_MODULE_SHIFT;
    int on_stack = p->on_stack == p->count;
    *f = (struct path_frame){.ip_module = ip_module,
                             .sp = fresh->sp,
                             .bp = fresh->bp,
                             .hash = fresh->own ? outer->hash : path_hash(outer->hash, ip_module),
                             .stamp = ++p->stamp,
                             .guessed = fresh->guessed,
                             .own = fresh->own};
    f->uses_bp =
        fresh->bp_effect == PATH_BP_KEPT ? outer->uses_bp : fresh->bp_effect == PATH_BP_USED;
    f->slots = append_slots(p, outer->slots, slot, fresh->slots, outer->uses_bp, &on_stack) &
               ((1U << 29) - 1);
    p->on_stack += (uint32_t)(on_stack && !fresh->opaque);
    p->clear += p->clear == p->count && !fresh->opaque;
    p->count++;
}

void path_join(struct path *p, uint32_t kept) {
    uint32_t slots_end = p->fresh_slot_count;
    if (p->fresh_count > 0)
        p->count = kept;
    if (p->on_stack > p->count)
        p->on_stack = p->count;
    if (p->clear > p->count)
        p->clear = p->count;
    p->depth = kept + p->fresh_count;
    for (uint32_t i = p->fresh_count; i-- > 0;) {
        if (p->count == p->capacity && path_grow(p) != 0) {
            p->truncated = 1; /* the innermost frames are missing: begin anew next time */
            p->generation = 0;
            p->depth = p->count;
            break;
        }
        slots_end -= p->fresh[i].slots;
        append(p, &p->fresh[i], &p->fresh_slot[slots_end]);
    }
    p->end.hash = p->depth > 0 ? p->frame[p->depth - 1].hash : PATH_HASH_ROOT;
    p->end.site = 0;
}

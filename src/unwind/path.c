#include <string.h>

#include "base/sys.h"
#include "unwind/path.h"

enum { FIRST_CAPACITY = 512 };

static uint64_t frames_size(uint32_t capacity) {
    return capacity * sizeof(struct path_frame);
}

static uint64_t slots_size(uint32_t capacity) {
    return (uint64_t)capacity * PATH_SLOTS_PER_FRAME * sizeof(struct path_slot);
}

/* Cuts one mapping into the four arrays. */
static int map_arrays(struct path *p, uint32_t capacity) {
    uint64_t size = 2 * (frames_size(capacity) + slots_size(capacity));
    unsigned char *at = sys_pages(size);
    if (at == NULL)
        return -1;
    path_grew(size);
    p->capacity = capacity;
    p->frame = (struct path_frame *)at;
    p->fresh = (struct path_frame *)(at + frames_size(capacity));
    p->slot = (struct path_slot *)(at + 2 * frames_size(capacity));
    p->fresh_slot = p->slot + (uint64_t)capacity * PATH_SLOTS_PER_FRAME;
    return 0;
}

int path_init(struct path *p) {
    memset(p, 0, sizeof *p);
    return map_arrays(p, FIRST_CAPACITY);
}

static uint32_t slot_count(const struct path *p) {
    return p->count > 0 ? p->frame[p->count - 1].slots : 0;
}

int path_grow(struct path *p) {
    struct path old = *p;
    uint32_t want = p->capacity * 2 > PATH_DEPTH_MAX ? PATH_DEPTH_MAX : p->capacity * 2;
    if (p->capacity == PATH_DEPTH_MAX || !path_may_grow() || map_arrays(p, want) != 0)
        return -1;
    memcpy(p->frame, old.frame, frames_size(old.count));
    memcpy(p->slot, old.slot, slot_count(&old) * sizeof *p->slot);
    memcpy(p->fresh, old.fresh, frames_size(old.fresh_count));
    memcpy(p->fresh_slot, old.fresh_slot, old.fresh_slot_count * sizeof *p->fresh_slot);
    sys_munmap(old.frame, 2 * (frames_size(old.capacity) + slots_size(old.capacity)));
    return 0;
}

void path_begin(struct path *p, uint32_t generation) {
    if (p->generation != generation) {
        p->generation = generation;
        p->count = 0;
    }
    p->fresh_count = p->fresh_slot_count = 0;
    p->guessed = 0;
}

/* The innermost of the frames below `top` whose step out reads something else now; -1: none. In the
 * order of a walk: a slot is only read once every slot that led to it has proved unchanged, so it
 * is part of the live stack. */
static int64_t find_changed(const struct path *p, uint32_t top) {
    int64_t i = (int64_t)p->frame[top - 1].slots - 1, frame = top - 1;
    for (; i >= 0; i--)
        if (*(const uint64_t *)(uintptr_t)p->slot[i].address != p->slot[i].value)
            break;
    if (i < 0)
        return -1;
    while (frame > 0 && (int64_t)p->frame[frame - 1].slots > i)
        frame--;
    return frame;
}

int path_match(const struct path *p, uint64_t ip, uint64_t sp, uint64_t bp, uint32_t *top) {
    const struct path_frame *f;
    int64_t changed;
    while (*top > 0 && p->frame[*top - 1].sp < sp)
        --*top;
    if (*top == 0)
        return 0;
    f = &p->frame[*top - 1];
    if (f->sp != sp || f->ip != ip || (f->bp != bp && f->bp_state == PATH_BP_USED))
        return 0;
    changed = find_changed(p, *top);
    if (changed < 0)
        return 1;
    *top = (uint32_t)changed;
    return 0;
}

/* Appends a fresh frame; its slots end at `slots_end` of the fresh ones. */
static void append(struct path *p, const struct path_frame *fresh, uint32_t slots_end) {
    struct path_frame *to = &p->frame[p->count];
    uint32_t at = slot_count(p);
    memcpy(&p->slot[at], &p->fresh_slot[slots_end - fresh->slots], fresh->slots * sizeof *p->slot);
    *to = *fresh;
    to->slots = at + fresh->slots;
    if (fresh->bp_state == PATH_BP_KEPT)
        to->bp_state = p->count > 0 ? p->frame[p->count - 1].bp_state : PATH_BP_RELOADED;
    p->count++;
}

void path_join(struct path *p, uint32_t kept) {
    uint32_t slots_end = p->fresh_slot_count;
    p->count = p->known = kept;
    for (uint32_t i = p->fresh_count; i-- > 0;) {
        if (p->count == p->capacity && path_grow(p) != 0) {
            p->truncated = 1; /* the innermost frames are missing: begin anew next time */
            p->generation = 0;
            return;
        }
        append(p, &p->fresh[i], slots_end);
        slots_end -= p->fresh[i].slots;
    }
}

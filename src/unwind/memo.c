#include <string.h>

#include "unwind/memo.h"

static const uint64_t unchanging = 0;
enum { REFUSALS = 64 };

#define MIX UINT64_C(0x9e3779b97f4a7c15)

/* A hint has two places, side by side. */
static struct memo_hint *hint_of(struct memo *m, uint64_t key) {
    struct memo_hint *pair = &m->hint[key >> (64 - MEMO_HINTS_A_SET_BITS - m->bits) & ~UINT64_C(1)];
    return pair[1].key == key ? &pair[1] : &pair[0];
}

/* What lies on the own stack may be read; who has a hint begins there. */
static int may_read(const struct path *p, uint64_t sp, uint64_t distance) {
    return path_is_on_stack(p, sp) && path_is_on_stack(p, sp + distance);
}

static uint64_t key_from(struct memo *m, const struct path *p, uint64_t ip, uint64_t sp) {
    uint64_t key = (ip ^ sp << 20) * MIX;
    for (int i = 0; i < MEMO_HINTS_IN_A_ROW; i++) {
        const struct memo_hint *hint = hint_of(m, key);
        if (__builtin_expect(hint->key != key, 1) || !may_read(p, sp, hint->distance))
            break;
        key = (key ^ *(const uint64_t *)(uintptr_t)(sp + hint->distance)) * MIX;
    }
    return key;
}

static int is_alive(const struct memo_segment *s, const struct path *p) {
    return s->sp != 0 && memo_leads_on(s, p);
}

/* The first of a set. */
static struct memo_segment *set_of(struct memo *m, uint64_t key) {
    return &m->segment[(key >> (64 - m->bits)) * MEMO_WAYS];
}

static uint64_t *key_of(struct memo *m, const struct memo_segment *s) {
    return &m->key[s - m->segment];
}

/* A way that is of no use any more, else one after the other. */
static struct memo_segment *victim_in(struct memo *m, const struct path *p, uint64_t key) {
    struct memo_segment *set = set_of(m, key);
    for (int i = 0; i < MEMO_WAYS; i++)
        if (!is_alive(&set[i], p))
            return &set[i];
    return &set[m->victim++ % MEMO_WAYS];
}

/* The next time, too. */
static void expect_after_last(struct memo *m, struct memo_segment *s) {
    if (m->last != NULL)
        m->last->next = s;
}

struct memo_segment *memo_look_up(struct memo *m, const struct path *p, uint64_t ip, uint64_t sp,
                                  uint64_t bp) {
    struct memo_segment *s;
    if (m->bits == 0)
        return NULL;
    s = set_of(m, key_from(m, p, ip, sp));
    for (const struct memo_segment *end = s + MEMO_WAYS; s < end; s++)
        if (memo_is(s, p, ip, sp, bp)) {
            expect_after_last(m, s);
            return s;
        }
    return NULL;
}

static uint32_t slots_without_filling(const struct memo_segment *s) {
    uint32_t count = s->slots;
    while (count > 0 && s->slot[count - 1].address == (uint64_t)(uintptr_t)&unchanging)
        count--;
    return count;
}

/* NULL: enough is known of the key, or its places are taken by hints that may be in use. */
static struct memo_hint *place_for_hint(struct memo *m, uint64_t key) {
    struct memo_hint *hint = hint_of(m, key);
    if (hint->key == key)
        return NULL;
    if (hint->key != 0 && hint[1].key == 0)
        return hint + 1;
    return hint->key == 0 || ++m->refused % REFUSALS == 0 ? hint : NULL;
}

/* Learns the innermost slot in which a segment differs from another with the same key, whose
 * `count` slots are given, outermost first. */
static void learn(struct memo *m, const struct memo_segment *s, const struct path_slot *slot,
                  uint32_t count) {
    uint32_t other = slots_without_filling(s);
    uint64_t key = *key_of(m, s);
    struct memo_hint *hint = place_for_hint(m, key);
    while (hint != NULL && other > 0 && count > 0 &&
           s->slot[--other].address == slot[--count].address)
        if (s->slot[other].value != slot[count].value) {
            *hint = (struct memo_hint){key, slot[count].address - s->sp};
            return;
        }
}

static void fill(struct memo_segment *s, const struct path *p, uint32_t frames, uint32_t slots) {
    const struct path_frame *inner = &p->frame[p->depth - 1], *base = &p->frame[frames - 1];
    s->ip = ARENA_IP_UNPACK(inner->ip_module);
    s->bp = inner->bp;
    s->bp_mask = inner->uses_bp ? -1 : 0;
    s->stamp = base->stamp;
    s->frames = frames;
    s->outer_slots = (uint16_t)base->slots;
    s->end = p->end;
    memcpy(s->slot, &p->slot[base->slots], slots * sizeof *s->slot);
    while (slots % 4 != 0)
        s->slot[slots++] = (struct path_slot){(uint64_t)(uintptr_t)&unchanging, 0};
    s->slots = (uint8_t)slots;
}

/* Where a segment ends of a walk that met the path at `met` frames. Not there, since the next walk
 * on another way may replace that frame, and with it all segments that lead to it; but further out,
 * if there are not many slots between. */
static uint32_t base_of(const struct path *p, uint32_t met) {
    uint32_t slots = p->frame[p->depth - 1].slots;
    while (met > 1 && slots - p->frame[met - 2].slots <= MEMO_SLOTS / 2)
        met--;
    return met;
}

struct path_end *memo_keep(struct memo *m, const struct path *p, uint32_t met) {
    uint32_t frames = base_of(p, met);
    const struct path_frame *inner = &p->frame[p->depth - 1], *base = &p->frame[frames - 1];
    uint64_t ip = ARENA_IP_UNPACK(inner->ip_module), key;
    uint32_t slots = inner->slots - base->slots;
    struct memo_segment *s;
    if (p->on_stack < p->depth || slots > MEMO_SLOTS || base->slots > PATH_ALL_SLOTS ||
        !path_is_on_stack(p, inner->sp) || !memo_has_room(m))
        return NULL;
    key = key_from(m, p, ip, inner->sp);
    s = victim_in(m, p, key);
    if (is_alive(s, p) && *key_of(m, s) == key) {
        learn(m, s, &p->slot[base->slots], slots);
        key = key_from(m, p, ip, inner->sp);
        s = victim_in(m, p, key);
    }
    m->replaced += s->sp != 0;
    s->sp = 0; /* nothing, until it is whole */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    fill(s, p, frames, slots);
    *key_of(m, s) = key;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    s->sp = inner->sp;
    expect_after_last(m, s);
    memo_come_upon(m, s);
    return &s->end;
}

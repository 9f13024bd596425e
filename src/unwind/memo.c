#include <string.h>

#include "unwind/memo.h"

static const uint64_t unchanging = 0;

static int is_alive(const struct memo_segment *s, const struct path *p) {
    return s->sp != 0 && s->frames <= p->count && p->frame[s->frames - 1].stamp == s->stamp;
}

/* A way that is of no use any more, else one after the other. */
static struct memo_segment *victim_in(struct memo *m, const struct path *p, struct memo_set *set) {
    for (int i = 0; i < MEMO_WAYS; i++)
        if (!is_alive(&set->way[i], p))
            return &set->way[i];
    return &set->way[m->victim++ % MEMO_WAYS];
}

static int is_known(const struct memo_hint *hint, uint64_t distance) {
    for (uint32_t i = 0; i < hint->count; i++)
        if (hint->distance[i] == distance)
            return 1;
    return 0;
}

static uint32_t slots_without_filling(const struct memo_segment *s) {
    uint32_t count = s->slots;
    while (count > 0 && s->slot[count - 1].address == (uint64_t)(uintptr_t)&unchanging)
        count--;
    return count;
}

/* Learns the innermost slot in which two segments differ that begin alike. `slot` holds the
 * `count` slots of the other one, outermost first. */
static void learn(struct memo_hint *hint, const struct memo_segment *s,
                  const struct path_slot *slot, uint32_t count) {
    uint32_t other = slots_without_filling(s);
    if (hint->ip != s->ip)
        *hint = (struct memo_hint){.ip = s->ip};
    while (other > 0 && count > 0 && s->slot[--other].address == slot[--count].address) {
        uint64_t distance = slot[count].address - s->sp;
        if (s->slot[other].value == slot[count].value || distance > INT32_MAX ||
            is_known(hint, distance))
            continue;
        if (hint->count < MEMO_DISTANCES)
            hint->distance[hint->count++] = (uint32_t)distance;
        return;
    }
}

static void fill(struct memo_segment *s, const struct path *p, uint32_t frames, uint32_t slots) {
    const struct path_frame *inner = &p->frame[p->depth - 1], *base = &p->frame[frames - 1];
    s->ip = inner->ip_module & ARENA_IP_MASK;
    s->bp = inner->bp;
    s->uses_bp = inner->uses_bp;
    s->stamp = base->stamp;
    s->frames = frames;
    s->end = p->end;
    memcpy(s->slot, &p->slot[base->slots], slots * sizeof *s->slot);
    while (slots % 4 != 0)
        s->slot[slots++] = (struct path_slot){(uint64_t)(uintptr_t)&unchanging, 0};
    s->slots = slots & (uint32_t)INT32_MAX;
}

struct path_end *memo_keep(struct memo *m, const struct path *p, uint32_t frames) {
    const struct path_frame *inner = &p->frame[p->depth - 1], *base = &p->frame[frames - 1];
    uint64_t ip = inner->ip_module & ARENA_IP_MASK;
    uint32_t slots = inner->slots - base->slots;
    struct memo_segment *s;
    if (p->on_stack < p->depth || slots > MEMO_SLOTS || !path_is_on_stack(p, inner->sp))
        return NULL;
    s = victim_in(m, p, memo_set_of(m, p, ip, inner->sp));
    if (is_alive(s, p) && s->ip == ip && s->sp == inner->sp) {
        learn(memo_hint_of(m, ip), s, &p->slot[base->slots], slots);
        s = victim_in(m, p, memo_set_of(m, p, ip, inner->sp));
    }
    s->sp = 0; /* nothing, until it is whole */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    fill(s, p, frames, slots);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    s->sp = inner->sp;
    return &s->end;
}

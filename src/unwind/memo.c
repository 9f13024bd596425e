#include <string.h>

#include "unwind/memo.h"

struct path_end *memo_keep(struct memo *m, const struct path *p, uint32_t frames) {
    const struct path_frame *inner = &p->frame[p->depth - 1], *base = &p->frame[frames - 1];
    static const uint64_t unchanging = 0;
    const struct path_slot nothing = {(uint64_t)(uintptr_t)&unchanging, 0};
    uint32_t slots = inner->slots - base->slots;
    struct memo_segment *s;
    if (p->on_stack < p->depth || slots > MEMO_SLOTS)
        return NULL;
    s = &memo_set_of(m, inner->ip_module & ARENA_IP_MASK, inner->sp)->way[m->victim++ % MEMO_WAYS];
    s->sp = 0; /* nothing, until it is whole */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    s->ip = inner->ip_module & ARENA_IP_MASK;
    s->bp = inner->bp;
    s->uses_bp = inner->uses_bp;
    s->stamp = base->stamp;
    s->frames = frames;
    s->end = p->end;
    memcpy(s->slot, &p->slot[base->slots], slots * sizeof *s->slot);
    while (slots % 4 != 0)
        s->slot[slots++] = nothing;
    s->slots = slots & (uint32_t)INT32_MAX;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    s->sp = inner->sp;
    return &s->end;
}

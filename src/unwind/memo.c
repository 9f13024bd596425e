#include <string.h>

#include "unwind/memo.h"

struct path_end *memo_keep(struct memo *m, const struct path *p, uint32_t frames) {
    const struct path_frame *inner = &p->frame[p->depth - 1], *base = &p->frame[frames - 1];
    uint32_t slots = inner->slots - base->slots;
    struct memo_segment *s;
    if (p->on_stack < p->depth || slots > MEMO_SLOTS || inner->guessed)
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
    s->slots = slots & (uint32_t)INT32_MAX;
    memcpy(s->slot, &p->slot[base->slots], slots * sizeof *s->slot);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    s->sp = inner->sp;
    return &s->end;
}

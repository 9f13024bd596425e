#include <stddef.h>

#include "base/sys.h"
#include "unwind/memo.h"

static uint64_t segments_in(uint32_t bits) {
    return (uint64_t)MEMO_WAYS << bits % 64;
}

static uint64_t table_size(uint32_t bits) {
    return segments_in(bits) * (sizeof(struct memo_segment) + sizeof(uint64_t)) +
           (sizeof(struct memo_hint) << (bits + MEMO_HINTS_A_SET_BITS));
}

/* A signal handler that interrupts this may leave by longjmp: at every moment there is room for
 * `bits`. */
static int map_table(struct memo *m, uint32_t bits) {
    struct memo_segment *segment = path_may_grow() ? sys_pages(table_size(bits)) : NULL;
    if (segment == NULL)
        return -1;
    path_grew((int64_t)table_size(bits));
    m->last = m->expected = NULL;
    m->segment = segment;
    m->key = (uint64_t *)(segment + segments_in(bits));
    m->hint = (struct memo_hint *)(m->key + segments_in(bits));
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    m->bits = bits;
    m->filling = (uint32_t)segments_in(bits) / MEMO_REVIEW;
    return 0;
}

static void unmap_table(struct memo_segment *segment, uint32_t bits) {
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    sys_munmap(segment, table_size(bits));
    path_grew(-(int64_t)table_size(bits));
}

int memo_has_room(struct memo *m) {
    if (m->bits == 0 && map_table(m, MEMO_BITS_FIRST) != 0)
        m->rest = 1;
    return m->bits != 0;
}

/* All tables that have grown take so many bytes. */
static uint64_t grown;

static uint64_t grown_size(uint32_t bits) {
    return bits > MEMO_BITS_FIRST ? table_size(bits) : 0;
}

static int take_share(uint64_t bytes) {
    if (__atomic_add_fetch(&grown, bytes, __ATOMIC_RELAXED) <= MEMO_GROWN_MAX)
        return 0;
    __atomic_sub_fetch(&grown, bytes, __ATOMIC_RELAXED);
    return -1;
}

static int grow(struct memo *m) {
    struct memo old = *m;
    uint32_t bits = m->bits + 1;
    uint64_t more = grown_size(bits) - grown_size(m->bits);
    if (take_share(more) != 0)
        return -1;
    if (map_table(m, bits) != 0) {
        __atomic_sub_fetch(&grown, more, __ATOMIC_RELAXED);
        return -1;
    }
    unmap_table(old.segment, old.bits);
    return 0;
}

static int helps(const struct memo *m, uint64_t events) {
    return (events - m->reviewed_at) / MEMO_REVIEW >= MEMO_EVENTS_A_WALK;
}

static int grows(struct memo *m) {
    return m->replaced > MEMO_REVIEW / 2 && grow(m) == 0;
}

static void begin_rest(struct memo *m) {
    m->last_rest = m->last_rest < MEMO_REST_MAX / 2 ? m->last_rest * 2 + 1 : MEMO_REST_MAX;
    m->rest = m->last_rest;
    m->filling = 1;
}

void memo_review(struct memo *m, uint64_t events) {
    if (memo_rests(m))
        m->rest--;
    else if (!helps(m, events) && m->filling > 0)
        m->filling--;
    else if (helps(m, events) || grows(m))
        m->last_rest = 0;
    else
        begin_rest(m);
    m->reviewed_at = events;
    m->replaced = 0;
}

/* Where texts that change are kept. */
#include <string.h>

#include "tracer/store.h"
#include "tracer/text_ring.h"

enum { FIRST_SIZE = 1 << 16 };
static struct { uint32_t at, size, next; /* in the strings; size 0: there is none yet */ } ring;

static uint32_t end_if_met(uint32_t at, uint32_t size, uint32_t from, uint32_t to) {
    return size > 0 && at < to && from < at + size + 1 ? at + size + 1 : 0;
}

/* The end of a text in use that lies in the way; 0: none does. */
static uint32_t end_of_live(uint32_t from, uint32_t to) {
    const struct arena_extent *segment = store.header->segment;
    uint32_t end = 0;
    for (uint64_t i = 0; end == 0 && i < segment[ARENA_LABELS].used; i++)
        end = end_if_met(store.labels[i].value, store.labels[i].value_size, from, to);
    for (uint64_t i = 0; end == 0 && i < segment[ARENA_DOMAINS].used; i++)
        end = end_if_met(store.domains[i].name, store.domains[i].name_size, from, to);
    return end;
}

/* From there to the ring's end; 0: no room. */
static uint32_t find_room(uint32_t from, uint32_t size) {
    uint32_t end = ring.at + ring.size, live;
    while (from + size <= end && (live = end_of_live(from, from + size)) != 0)
        from = live;
    return from + size <= end ? from : 0;
}

/* One that is too small for what is live is left to it. */
static int make_bigger(uint32_t needed) {
    struct arena_extent *strings = &store.header->segment[ARENA_STRINGS];
    uint32_t size = ring.size > 0 ? ring.size * 2 : FIRST_SIZE, at = (uint32_t)strings->used;
    while (size < needed * 2)
        size *= 2;
    if (store_reserve(ARENA_STRINGS, size) != 0)
        return -1;
    __atomic_store_n(&strings->used, at + size, __ATOMIC_RELEASE);
    ring.at = ring.next = at;
    ring.size = size;
    return 0;
}

/* Readers that began before this begin again. */
static void tell_readers(void) {
    __atomic_store_n(&store.header->era, store.header->era + 2, __ATOMIC_RELEASE);
}

/* A place for `size` bytes, 0 when there is none; *came_round if older texts are now overwritten.
 */
static uint32_t find_place(uint32_t size, int *came_round) {
    uint32_t at = find_room(ring.next, size);
    if (at == 0 && ring.size > 0) {
        tell_readers();
        *came_round = 1;
        at = find_room(ring.at, size);
    }
    if (at == 0 && make_bigger(size) == 0)
        at = ring.at;
    if (at != 0)
        ring.next = at + size;
    return at;
}

/* What is replaced must not be overwritten in this round: it goes on behind it. */
static void leave_alone(uint32_t at, uint32_t size) {
    uint32_t end = at + size + 1;
    if (at >= ring.next && end <= ring.at + ring.size)
        ring.next = end;
}

static uint32_t store_later(uint32_t old, uint32_t old_size, const char *text, uint32_t length,
                            int *came_round) {
    uint32_t at;
    leave_alone(old, old_size);
    at = find_place(length + 1, came_round);
    if (at != 0) {
        memcpy(store.strings + at, text, length);
        store.strings[at + length] = '\0';
    }
    return at;
}

/* A reader in between finds an empty text, none that is half the old one. */
static void replace(uint32_t *at, uint32_t *size, uint32_t made, uint32_t length) {
    __atomic_store_n(size, 0, __ATOMIC_RELAXED);
    __atomic_store_n(at, made, __ATOMIC_RELEASE);
    __atomic_store_n(size, length, __ATOMIC_RELEASE);
}

int text_ring_set(uint32_t *at, uint32_t *size, const char *text, uint32_t length) {
    int came_round = 0;
    uint32_t made;
    if (*size == length && memcmp(store.strings + *at, text, length) == 0)
        return 0;
    if (length == 0)
        made = *at;
    else if (*at == 0)
        made = store_string(text, length);
    else
        made = store_later(*at, *size, text, length, &came_round);
    if (made == 0)
        return -1;
    replace(at, size, made, length);
    if (came_round)
        tell_readers(); /* the text just replaced may be overwritten before the next round */
    return 0;
}

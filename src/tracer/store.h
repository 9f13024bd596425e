/* The writer's side of the arena: creates, maps and grows it. One per process.
 * All calls but the accessors need the lock; none allocates from the program's heap, touches errno
 * or keeps a descriptor open. */
#ifndef TRACER_STORE_H
#define TRACER_STORE_H

#include <stdint.h>
#include "base/arena.h"

struct store {
    unsigned char *base;
    struct arena_header *header; /* == base */
    struct arena_node *nodes;
    struct arena_site *sites;
    struct arena_stat *stats;
    struct arena_ledger *ledgers;
    struct arena_module *modules;
    char *strings;
    struct arena_type *types;
    struct arena_domain *domains;
    struct arena_label *labels;
    uint64_t committed[ARENA_SEGMENTS]; /* bytes that may be touched */
    uint64_t ceiling;
    uint64_t session;            /* of `heapline run`, who may lend us a file; 0: none */
    int survives;                /* 0: anonymous, lost when the process dies */
    int may_grow;                /* 0: no system calls any more */
    char chosen_directory[4096]; /* HEAPLINE_DIR; empty: not given */
    char directory[200];         /* the last one that was used */
    char path[256];              /* of the file; empty: it has no name, or there is none */
};
extern struct store store __attribute__((visibility("hidden")));

/* Makes the arena and its first elements; 0 or -1 (nothing could be mapped). */
int store_create(void);
/* In a forked child: of what the parent's header says is used, what this process can reach. */
void store_clip(struct arena_header *header);
/* In a forked child: replaces the inherited mapping, at the same address, by an arena of its own
 * that holds what `header` says is used; the counters are taken from `stats` when not NULL. 0, or 1
 * if the parent has begun to forget its traces since the fork, so that the sites that were copied
 * may be anything; or -1: recording must end. */
int store_fork(const struct arena_header *header, const struct arena_stat *stats);
/* Makes room for `count` more elements of a segment: 0 or -1 (ceiling, memory, may_grow). */
int store_reserve(enum arena_segment segment, uint64_t count);
/* Appends bytes and a NUL to the strings; returns the offset, 0 when there is no room. */
uint32_t store_string(const char *bytes, uint32_t size);
/* Gives address space back that is not used: the program limits its own. */
void store_limit(uint64_t space);
/* Gives the memory of the elements before `first` back. From then on they may be made again. */
void store_release(enum arena_segment segment, uint64_t first);
/* Grows every segment ahead of need, then never again. */
void store_freeze(void);
/* Bytes of the arena that are backed by memory. */
uint64_t store_bytes(void);

static inline void store_note(enum arena_note note) {
    __atomic_fetch_or(&store.header->notes, UINT64_C(1) << note, __ATOMIC_RELAXED);
}
static inline void store_count(uint64_t *counter) {
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

#endif

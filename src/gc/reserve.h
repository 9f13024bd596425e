/* The address space of all runtimes of the process: one reservation, made by the first of them, in
 * two halves. What may take part in cycles lives in the first, all else in the second, so "may the
 * collector care about this object?" is one comparison of its address.
 *
 * Behind each 16 bytes of the first half stands one byte of scratch (scratch.h), at a fixed
 * distance, and a bit, its mark (trace_heap.c); behind each 16 bytes of both, where there is a
 * tracer, four bytes for it (publish.h). Chunks are handed out whole to one owner each and come
 * zeroed; their scratch and marks are zero too, and must be when they go back. The reservation is
 * PROT_NONE until then and is never given back. Thread-safe, also across fork: a child finds no
 * lock held. errno is left alone. */
#ifndef GC_RESERVE_H
#define GC_RESERVE_H

#include <stddef.h>
#include <stdint.h>

enum { RESERVE_CHUNK_SHIFT = 21, RESERVE_CHUNK = 1 << RESERVE_CHUNK_SHIFT };
enum { RESERVE_GRANULE_SHIFT = 4 }; /* 16 bytes: at most one object begins in each */
enum { RESERVE_MARK_SHIFT = RESERVE_GRANULE_SHIFT + 3 };

enum reserve_half { RESERVE_CYCLIC, RESERVE_LEAF };

struct reserve {
    uintptr_t base;    /* of the first half; 0: not made yet */
    size_t half;       /* bytes of each half */
    uintptr_t scratch; /* + (address >> RESERVE_GRANULE_SHIFT) is the scratch of an address */
    uintptr_t marks;   /* + (address >> RESERVE_MARK_SHIFT) is the byte with its mark */
    uintptr_t traces;  /* the same * 4: its trace, if has_traces */
    int has_traces;    /* the tracer is in the process */
};
extern struct reserve gc_reserve;

static inline int reserve_is_cyclic(const void *address) {
    return (uintptr_t)address - gc_reserve.base < gc_reserve.half;
}

/* 0, or -1 without address space. */
int reserve_init(void);
/* `count` chunks in a row, or NULL. */
void *reserve_take(enum reserve_half half, size_t count);
void reserve_give(void *chunk, size_t count);

#endif

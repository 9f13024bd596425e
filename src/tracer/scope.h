/* Scopes: what is allocated between two points of the program, by one thread or by all, and what of
 * it is still live at the end. Each open scope keeps its live blocks in a table of its own.
 *
 * The hooks ask scope_is_any_open, one predictable branch where no scope is open. Within an event
 * only, like tracked.h. */
#ifndef TRACER_SCOPE_H
#define TRACER_SCOPE_H

#include <stddef.h>
#include <stdint.h>
#include "heapline.h"

struct thread;

extern struct heapline_scope *scope_open __attribute__((visibility("hidden")));
static inline int scope_is_any_open(void) {
    return __atomic_load_n(&scope_open, __ATOMIC_RELAXED) != NULL;
}

/* A block was recorded, or leaves. */
void scope_allocated(const struct thread *t, uint32_t domain, uintptr_t address, uint64_t size);
void scope_freed(uint32_t domain, uintptr_t address);
/* A block of malloc gets another name: in realloc, where its address may already be another
 * thread's before we hear of it, it is SCOPE_MOVING(address). */
#define SCOPE_MOVING(address) ((uintptr_t)(address) | (uintptr_t)1 << 63)
void scope_renamed(uintptr_t from, uintptr_t to);

/* NULL: no memory. `owner` NULL: the whole process. */
struct heapline_scope *scope_begin(const struct thread *owner);
/* Fills `out`, which may be NULL, and frees the scope. -1: there is no such scope. */
int scope_end(struct heapline_scope *scope, struct heapline_scope_result *out);
/* Copies the live blocks, `max` at most; returns how many there are. */
size_t scope_kept(const struct heapline_scope *scope, struct heapline_scope_block *out, size_t max);
/* The thread ends, and another may take its state: the scopes go on without a thread. */
void scope_disown(const struct thread *owner);
/* Traces are cleared: what the scopes hold is neither freed nor kept. */
void scope_forget(void);

/* Around a fork nobody may be inside. */
void scope_before_fork(void);
void scope_after_fork(void);

#endif

/* Call paths of the calling thread: the interface that the tracer uses.
 *
 * A path that starts like an earlier one may be recalled (memo.h); else it is walked: by .eh_frame
 * rules that are cached per code address, outwards until the walk meets what the thread's last one
 * has left unchanged (path.h). Past a frame whose CFI the rules cannot express it is helped by
 * libunwind, which is loaded privately at start-up and runs on a stack of its own. Neither
 * allocates from the program's heap. Thread-safe; not re-entrant on one thread (the caller's guard
 * sees to that). */
#ifndef UNWIND_UNWIND_H
#define UNWIND_UNWIND_H

#include <stdint.h>
#include "arch_unwind.h"
#include "unwind/memo.h"
#include "unwind/path.h"
#include "unwind/rule.h"

/* Before a hook returns: the compiler does not leave the frame earlier, by a tail call. */
static inline void unwind_start_end(void) {
    __asm__ volatile("");
}

/* The registers of a frame, at its call of the next inner one. */
struct unwind_registers {
    uint64_t ip, sp, bp;
};

/* What the unwinder keeps for a thread. */
struct unwind_thread {
    struct path path;
    uint32_t recalls;              /* the generation whose paths may be recalled; 0: none */
    uint32_t asked_for_bounds;     /* of the thread's own stack */
    void *private_stack;           /* for libunwind; NULL: not made yet */
    struct unwind_thread *checker; /* walks what this one has recalled (check.h); NULL: none yet */
    struct memo memo;
};

/* Learns which addresses are the tracer's own, whose frames never appear. */
void unwind_init(void);
/* Loads libunwind; calls dlopen. Returns 0, or -1 when it is not there. */
int unwind_load_libunwind(void);

/* 0, or -1: no memory. */
int unwind_thread_init(struct unwind_thread *t);
/* Another thread takes the state over. */
void unwind_thread_reset(struct unwind_thread *t);
/* A walk was abandoned half-way: what is remembered may be half written. */
static inline void unwind_thread_forget(struct unwind_thread *t) {
    path_forget(&t->path);
}

/* The end of the path that starts here, found by a walk that leaves the whole path in t->path. */
struct path_end *unwind_walk(struct unwind_thread *t, const struct unwind_start *start);
/* The end of the path that starts here, and that its owner has named a site for before, if it can
 * be had without a walk; else NULL. */
static inline struct path_end *unwind_recall(struct unwind_thread *t,
                                             const struct unwind_start *start) {
    if (__builtin_expect(t->recalls != rule_generation(), 0))
        return NULL;
    return memo_find(&t->memo, &t->path, start->ip, unwind_start_sp(start), start->bp);
}

/* From now on no back end that makes system calls. */
void unwind_rules_only(void);

/* Objects were loaded or unloaded. */
void unwind_objects_changed(void);

/* Implemented by the owner of the threads: bounds of the calling thread's stack; 0 or -1. */
int unwind_stack_bounds(uintptr_t *low, uintptr_t *high);

/* The back end for what the rules cannot express (unwind_libunwind.c): visits the frames of the
 * calling thread, from the tracer's own outwards, until the visitor returns something else than 0,
 * which is the result. 0: the end was reached; -1: it could not go on. */
typedef int unwind_visitor(void *argument, const struct unwind_registers *frame);
int unwind_libunwind_visit(struct unwind_thread *thread, unwind_visitor *visit, void *argument);
void unwind_libunwind_end(void);
/* Does this lie on the stack that libunwind runs on? */
int unwind_is_on_private_stack(const struct unwind_thread *thread, uintptr_t at);
int unwind_is_own(uint64_t ip);

#endif

/* The tracer's life in this process: start, fork, exec, exit.
 *
 * Hooks test the sentinel first. Between STARTING and ON, what the tracer's own start-up allocates
 * passes through unrecorded. */
#ifndef TRACER_SESSION_H
#define TRACER_SESSION_H

#include <stdint.h>

#include "arch.h"

enum session_state { SESSION_NEW, SESSION_STARTING, SESSION_ON, SESSION_OFF };
extern enum session_state session_state __attribute__((visibility("hidden")));
static inline enum session_state session_now(void) {
    return __atomic_load_n(&session_state, __ATOMIC_ACQUIRE);
}

/* Reads the environment and, if it says so, starts. `lanes` see blockmap_init. Once. */
void session_start(unsigned lanes);
/* Starts when the program asks for it, or goes on after session_suspend, with nothing recorded yet.
 * 0, or -1: no memory, or not before the library itself is loaded. */
int session_resume(uint32_t nframe);
/* Called then: what the hooks have to do about it. */
extern void (*session_resumed)(void);
/* Ends recording; what was recorded is forgotten. */
void session_suspend(void);
/* Forgets what was recorded: the blocks too. Costs nothing for each of them. */
void session_forget(void);
/* Between the two nothing is forgotten. */
void session_hold(void);
void session_let_go(void);
/* Between the two nobody asks the loader for a start of recording; 0: somebody does now. */
int session_try_keep_from_loader(void);
void session_let_into_loader(void);
/* The frames that a snapshot keeps of a call path: of the last start. 1 before the first. */
uint32_t session_limit(void);
/* 1 if the program had been running when tracing began: it frees blocks that nobody knows. */
extern int session_began_late __attribute__((visibility("hidden")));

/* The rest of the start, which needs the loader: from our constructor. A program that defines
 * malloc itself does not come through the hooks. session_start may be earlier, while the program is
 * still being relocated. */
void session_loaded(int has_own_allocator);
/* The process ends by exit: the arena is marked; without `heapline run`, the snapshot is written.
 */
void session_finish(void);
/* The process is about to become another program, which may not be traced; or that has failed. Not
 * for a vfork child, whose arena is its parent's. Async-signal-safe. */
void session_before_exec(void);
void session_exec_failed(void);
/* The program is about to restrict its system calls: the tracer makes none from now on. */
void session_freeze(void);
/* The program is about to limit its address space: the tracer gives back what it only reserved. */
void session_limit_space(uint64_t bytes);

/* Says 1 while this process records, and 1 as soon as it has an arena of its own. A page of its
 * own: the kernel wipes it to 0 in every child that has a copy of our memory. */
struct session_sentinel {
    uint64_t is_recording, is_in_place;
    uint64_t unused[ARCH_PAGE / sizeof(uint64_t) - 2];
};
extern struct session_sentinel session_sentinel __attribute__((visibility("hidden")));
static inline int session_has_begun(void) {
    return __atomic_load_n(&session_sentinel.is_recording, __ATOMIC_ACQUIRE) != 0;
}
/* 1 if there is an arena of this process, whether or not it records. */
static inline int session_is_in_place(void) {
    return __atomic_load_n(&session_sentinel.is_in_place, __ATOMIC_ACQUIRE) != 0;
}
/* For src/tracer/session*.c alone. */
static inline void session_enter(enum session_state state) {
    __atomic_store_n(&session_state, state, __ATOMIC_RELEASE);
}
static inline void session_set_recording(int is_recording) {
    __atomic_store_n(&session_sentinel.is_recording, is_recording != 0, __ATOMIC_RELEASE);
}
static inline void session_set_place(int is_in_place) {
    __atomic_store_n(&session_sentinel.is_in_place, is_in_place != 0, __ATOMIC_RELEASE);
}
/* Forgets what was recorded: 0, or -1: not now. */
int session_forget_now(void);
/* Registers the fork handlers. `follow`: do children record? */
void session_watch_forks(int follow);
/* Makes an arena for this process, a child; 0 or -1. */
int session_adopt(void);

/* After a fork: makes an arena for the child. 1 if recording goes on. */
int session_adopt_child(void);

/* 1 if events are to be recorded, in an arena that is this process' own. */
static inline int session_is_recording(void) {
    return __builtin_expect(session_has_begun(), 1) || session_adopt_child();
}

#endif

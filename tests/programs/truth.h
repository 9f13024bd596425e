/* A traced program's own account of its heap, which the tracer's must equal.
 *
 * The macros below allocate and record (file, line, size); truth_print writes the table to stdout
 * as JSON lines, which tests/e2e/truth.py compares with the rows of `heapline top`. The account
 * lives in static storage and is written with write(2), so keeping it neither allocates nor frees
 * anything.
 *
 * Threads: with truth_serial set, call and account are one step under one lock, and every figure is
 * exact; else only the account is locked and the figures that depend on the order must be declared
 * unknown. Not for signal handlers.
 */
#ifndef TRUTH_H
#define TRUTH_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the program cannot know; printed as null and not compared. */
enum {
    TRUTH_NO_PEAK = 1,      /* others allocate too, or the order is open */
    TRUTH_NO_TEMPORARY = 2, /* the order within a thread is open */
    TRUTH_NO_OTHERS = 4     /* rows of this file that the table lacks are no error */
};

extern int truth_serial;         /* 1: one lock around call and account */
extern int truth_unknown;        /* TRUTH_NO_* */
extern int truth_image;          /* how many execs of the process came before; -1: the last image */
extern pid_t truth_pid;          /* when set, used instead of asking the kernel */
extern unsigned long truth_lost; /* requests that failed for want of memory */

void truth_enter(void);
void *truth_allocated(const char *file, int line, void *block, size_t size);
void *truth_reallocated(const char *file, int line, void *block, size_t size);
/* Takes the block out of the account; call it before the block is given back, truth_leave after. */
void truth_release(void *block);
void truth_leave(void);
void truth_print(void);
/* For a child whose parent's threads were at work: forgets everything, others unknown. */
void truth_restart(void);
/* Around fork in a serial program, so that the child's copy is whole. */
void truth_hold(void);
void truth_let_go(void);

#ifdef __cplusplus
}
#endif

/* Any expression that allocates `size` bytes once. */
#define TAKE(expression, size) \
    (truth_enter(), truth_allocated(__FILE__, __LINE__, (void *)(expression), (size)))
#define MALLOC(size) TAKE(malloc(size), size)
#define CALLOC(count, size) TAKE(calloc(count, size), (size_t)(count) * (size))
#define REALLOC(block, size) \
    (truth_release(block), truth_reallocated(__FILE__, __LINE__, realloc(block, size), (size)))
#define GIVE(block, expression) \
    do {                        \
        truth_release(block);   \
        expression;             \
        truth_leave();          \
    } while (0)
#define FREE(block) GIVE(block, free(block))

/* A function with a frame and lines of its own. */
#ifdef __clang__
#define APART __attribute__((noinline))
#else
#define APART __attribute__((noinline, noclone))
#endif

#endif

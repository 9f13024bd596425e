/* The tracer's one lock: a spin lock that makes no system call on its fast path, whose holder is
 * known so that a section abandoned by longjmp out of a signal handler can be taken back.
 * Held for tens of nanoseconds: counters, and the insertion of new call-tree nodes. Not contended
 * while the process has one thread. Not re-entrant: the per-thread guard sees to that. */
#ifndef TRACER_LOCK_H
#define TRACER_LOCK_H

struct thread;

/* 1 when taken, and the favourite (favour.h) is not inside; 0 when it could not be had in some
 * seconds, and at once while whom somebody else has waited for is still in the way: the caller must
 * then count the event as not seen instead of hanging the program. NULL: a thread that has no state
 * any more. */
int lock_take(const struct thread *owner);
void lock_release(void);
/* Has `owner`, who will not go on, abandoned a section? */
int lock_is_held_by(const struct thread *owner);
/* Other data have words of their own as locks, 0 while free, for sections that neither wait nor end
 * early. */
int lock_try(int *word); /* 1: taken */
void lock_spin(int *word);
void lock_unspin(int *word);
/* Lets others run who may have what is waited for. */
void lock_yield(void);
/* Never yield to the scheduler: system calls may be fatal (seccomp). */
extern int lock_never_yields;
/* So many times it yields before it gives up. */
extern long lock_patience;

#endif

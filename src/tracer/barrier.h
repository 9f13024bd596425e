/* A full memory barrier on every running thread of the process (membarrier(2)): who writes, calls
 * this, and then reads, needs no barrier from those who write and then read the other way round. */
#ifndef TRACER_BARRIER_H
#define TRACER_BARRIER_H

/* 1 if there is one: asks the kernel the first time. Needs the lock. */
int barrier_is_ready(void);
void barrier_issue(void);
/* None any more: system calls may be fatal. Needs the lock. */
void barrier_end(void);

#endif

/* Counting while the process has several threads: exact, and without a shared cache line for most
 * events.
 *
 * Live bytes that are below their maximum may grow up to it without anything worth knowing about
 * the peak. That room is granted to the threads: header.current_bytes is what is live plus all that
 * is granted, and never exceeds the peak. While its grant lasts, a thread counts into a ledger of
 * its own, which readers of the arena add. Who finds no room left closes the ledgers: all threads'
 * counts go into the sites' counters, all grants come back. Near a peak the ledgers stay closed and
 * every event takes the lock.
 *
 * A run of allocations, each of which sets a new peak, is another case: as long as nothing but
 * allocations follows, the peak is what is live, in whatever order they come. Then grants are not
 * limited, and the ledgers hold what is part of the peak until something else than an allocation
 * closes them. header.rising says so to readers.
 *
 * Else, whenever a maximum is reached, the counters alone say exactly what it is made of, and the
 * ledgers only ever hold what came after.
 *
 * An owner says that it is inside its ledger by a plain store; membarrier(2) makes that visible to
 * who closes them. Without that system call the ledgers are never opened. */
#ifndef TRACER_LEDGER_H
#define TRACER_LEDGER_H

#include <stdint.h>

struct thread;

/* 0 when the lock cannot be had: the event has to be counted as not seen. */
int ledger_allocated(struct thread *t, uint32_t site, uint64_t size);
int ledger_freed(struct thread *t, uint32_t site, uint64_t size, int temporary);
int ledger_lost(struct thread *t, uint32_t site, uint64_t size);
/* A block has become so much larger or smaller. */
int ledger_grown(struct thread *t, uint32_t site, uint64_t bytes);
int ledger_shrunk(struct thread *t, uint32_t site, uint64_t bytes);

/* Everything goes into the counters. Needs the lock. */
void ledger_close(struct thread *t);
/* Brings a transfer to its end that was abandoned with the lock held. */
void ledger_recover(void);
/* The same as closing, for good. */
void ledger_end(struct thread *t);
/* Adds the events that were ever counted in ledgers. */
void ledger_add_events(uint64_t *allocations, uint64_t *frees);
/* Traces are cleared: nothing was ever counted. Needs the lock. */
void ledger_forget(struct thread *t);
/* In a forked child, whose ledgers are its parent's: as if nothing was ever in them. */
void ledger_restart(void);
/* Bytes that are live now, and their maximum; other threads may go on. */
uint64_t ledger_current_bytes(void);
uint64_t ledger_peak_bytes(void);

/* While threads may count into their ledgers: allocations only, or all. */
enum ledger_mode { LEDGER_CLOSED, LEDGER_RISING, LEDGER_BELOW_PEAK };
extern uint32_t ledger_open __attribute__((visibility("hidden"))); /* enum ledger_mode */

#endif

/* An arena from outside: where the process can have no file of its own (no /dev/shm, a limit on
 * file sizes, a full tmpfs), `heapline run` lends it a memfd. Makes no call that the traced program
 * could notice; leaves errno alone. */
#ifndef TRACER_LEND_H
#define TRACER_LEND_H

#include <stdint.h>

/* A descriptor of an empty file of at least `size` bytes, or -1 (no `heapline run`, no answer in
 * two seconds, no descriptors left). The lender learns our pid from the socket. */
int lend_ask(uint64_t session, uint64_t size);

#endif

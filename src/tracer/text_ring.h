/* Texts of the arena that the program may change as often as it likes: the values of labels, the
 * names of domains. The first text stays where it is; later ones take turns in a ring, which takes
 * memory for some times what is live, and no more. A text that was replaced is left as it is until
 * the ring has come round, which the header's `era` tells readers: they see every text whole.
 *
 * Under the lock. */
#ifndef TRACER_TEXT_RING_H
#define TRACER_TEXT_RING_H

#include <stdint.h>

/* Gives a record of the arena, whose text lies `at` so many bytes with `size` of them, another one.
 * 0; -1: no room, and the old one stays. */
int text_ring_set(uint32_t *at, uint32_t *size, const char *text, uint32_t length);

#endif

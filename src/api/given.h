/* An image of frames that the program gave itself: no address is looked up.
 *
 * One thread fills it, then given_finish makes the image whole, which is immutable and belongs to
 * the struct given. malloc and private mappings.
 */
#ifndef API_GIVEN_H
#define API_GIVEN_H

#include "heapline_snapshot.h"
#include "snapshot/image.h"

struct given;

struct given *given_new(uint32_t limit, struct heapline_error *err);
/* -1: HEAPLINE_BAD_ARGUMENT, HEAPLINE_NO_MEMORY; the trace is not there then. */
int given_add(struct given *g, const struct heapline_trace *trace, struct heapline_error *err);
/* -1: HEAPLINE_NO_MEMORY. Nothing is added afterwards. */
int given_finish(struct given *g, struct heapline_error *err);
/* Whole after given_finish. */
struct image *given_image(struct given *g);
void given_free(struct given *g);

#endif

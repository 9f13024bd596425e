/* What libheapline does for libheapline-snapshot alone, when both are in one process. Not in the
 * public headers; the two libraries are of one version.
 */
#ifndef BASE_PRIVATE_API_H
#define BASE_PRIVATE_API_H

#include <stddef.h>
#include "heapline.h"

/* What has been recorded so far, as the bytes of a snapshot file in a mapping that the caller gives
 * back with munmap(*bytes, *size); blocks: 1 with every live block. 0, or -1: HEAPLINE_BAD_STATE
 * while tracing is off, HEAPLINE_NO_MEMORY. */
#pragma GCC visibility push(default)
int heapline_private_encode(int blocks, void **bytes, size_t *size, struct heapline_error *err);
#pragma GCC visibility pop

#endif

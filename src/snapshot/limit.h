/* Merging call paths that are equal in their innermost frames. */
#ifndef SNAPSHOT_LIMIT_H
#define SNAPSHOT_LIMIT_H

#include <stdint.h>
#include "snapshot/image.h"

/* Rebuilds the tree from paths cut to `nframe` frames (0: no change); sites that then share node,
 * domain and type become one. <not recorded> stays itself. 0, or -1 for want of memory, which
 * leaves the image fit for image_free only. */
int image_limit(struct image *image, uint32_t nframe);

#endif

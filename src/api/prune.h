/* Leaving out what no site needs: after traces were filtered, a file of them is not to tell about
 * the others. */
#ifndef API_PRUNE_H
#define API_PRUNE_H

#include "snapshot/image.h"

/* Replaces nodes, sites and symbols by copies in `pool`, without the nodes that lie on no site's
 * path and the symbols of no node. The arrays replaced stay as they are. 0, or -1 for want of
 * memory, which leaves the image as it was. */
int image_prune(struct image *image, struct pool *pool);

#endif

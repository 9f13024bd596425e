/* Walking a call path frame by frame, innermost first, and choosing the frame that answers for an
 * allocation. A struct path is a position: plain data, copied freely, valid as long as its symbols.
 */
#ifndef ANALYSIS_PATH_H
#define ANALYSIS_PATH_H

#include "analysis/symbols.h"

struct path {
    struct symbols *symbols;
    uint32_t node, index; /* the next frame: node's frames[index] */
    uint32_t steps;       /* frames passed */
};

enum blame {                /* the order of the choices of --blame */
             BLAME_DEFAULT, /* the innermost frame that is no allocation wrapper */
             BLAME_RAW,     /* the innermost frame */
             BLAME_APP      /* the innermost frame of the main program */
};

/* The whole path that ends at `node`. An empty one has the frame <unknown>:0, what could not be
 * recorded <not recorded>:0. */
struct path path_begin(struct symbols *symbols, uint32_t node);
/* The frame at the position, which moves outward; NULL at the end. */
const struct symbol_frame *path_next(struct path *path);
/* The path from the frame that answers for it outward. */
struct path path_blame(struct symbols *symbols, uint32_t node, enum blame blame);

#endif

/* Where libheapline.so is, as a path that LD_PRELOAD can hold. No state. */
#ifndef TOOLS_RUN_LIBRARY_H
#define TOOLS_RUN_LIBRARY_H

/* $HEAPLINE_LIBRARY, else beside this program (the build tree, an installed tree that was moved),
 * else where it was to be installed. 0, or -1: none of them can be read; `path` (PATH_MAX bytes)
 * then is the last one tried. */
int run_library_find(char *path);

/* LD_PRELOAD splits at spaces and colons and expands $: a path with one of these is replaced by a
 * symbolic link to it, in the arena directory or in a new one under /tmp. The link stays, since
 * children may be started at any later time. 0 or -1. */
int run_library_make_preloadable(char *path);

#endif

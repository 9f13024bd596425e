/* Where arenas lie: in $HEAPLINE_DIR, else in /dev/shm/heapline-UID (effective user). Everybody may
 * write to /dev/shm, so that name can be somebody else's already; then they lie in a stand-in,
 * /dev/shm/heapline-UID.RANDOM (16 hex digits): the first one in the order of names, so that all
 * processes agree. Readers look everywhere, since a name can be taken and given back.
 *
 * What lies in /dev/shm is used only if it is a directory, no symbolic link to one, belongs to the
 * user and is closed to everybody else (mode 0700). $HEAPLINE_DIR is to be the user's own, too, and
 * nobody else's to write to.
 *
 * For the traced process and the tools: no malloc, no stdio, errno is left alone. Descriptors are
 * O_CLOEXEC and the caller's. Not thread-safe for one struct arena_directories.
 */
#ifndef SNAPSHOT_ARENA_DIRECTORY_H
#define SNAPSHOT_ARENA_DIRECTORY_H

#include "base/directory.h"
#include "base/text.h"
#include "heapline.h"

/* For writers: makes the directory where it is missing and writes its path. `chosen`: the value of
 * HEAPLINE_DIR; NULL or empty: not given. A descriptor, or -errno. */
int arena_directory_make(const char *chosen, struct text *path);

/* For readers, who trust no arena: opens one that is known. Root may look into others'. A
 * descriptor or -1 with HEAPLINE_IO. */
int arena_directory_open(const char *path, struct heapline_error *err);

/* For readers: each directory that there is. Begin with {0} and go on to the end. */
struct arena_directories {
    int stage;
    struct directory parent;
};
/* A descriptor; -1 at the end, with `err` set if $HEAPLINE_DIR cannot be opened (os_errno ENOENT:
 * nobody has traced anything yet), else HEAPLINE_OK. */
int arena_directories_next(struct arena_directories *all, struct heapline_error *err);

#endif

#include "base/directory.h"
#include <stddef.h>
#include <unistd.h>
#include "base/sys.h"

struct entry { /* struct linux_dirent64 */
    uint64_t inode;
    int64_t next;
    uint16_t size;
    uint8_t type;
    char name[];
};

static long seek(const struct directory *d, off_t to, int whence) {
    return sys_call(SYS_lseek, d->fd, to, whence, 0, 0, 0);
}

/* Seeks only where it must: names may go while a directory is read, and not every file system keeps
 * a place that was left. */
static int fill(struct directory *d) {
    if (seek(d, 0, SEEK_CUR) != d->position && sys_failed(seek(d, d->position, SEEK_SET)))
        return -1;
    long size = sys_call(SYS_getdents64, d->fd, (long)d->entries, sizeof d->entries, 0, 0, 0);
    d->at = 0;
    d->end = size > 0 ? (uint32_t)size : 0;
    return size > 0 ? 0 : -1;
}

const char *directory_next(struct directory *d) {
    if (d->at == d->end && fill(d) != 0)
        return NULL;
    const struct entry *entry = (const void *)(d->entries + d->at);
    d->at += entry->size;
    d->position = entry->next;
    return entry->name;
}

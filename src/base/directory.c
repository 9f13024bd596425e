#include "base/directory.h"
#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

struct entry { /* struct linux_dirent64 */
    uint64_t inode;
    int64_t next;
    uint16_t size;
    uint8_t type;
    char name[];
};

/* Seeks only where it must: names may go while a directory is read, and not every file system keeps
 * a place that was left. */
static int fill(struct directory *d) {
    if (lseek(d->fd, 0, SEEK_CUR) != d->position && lseek(d->fd, d->position, SEEK_SET) < 0)
        return -1;
    long size = syscall(SYS_getdents64, d->fd, d->entries, sizeof d->entries);
    d->at = 0;
    d->end = size > 0 ? (uint32_t)size : 0;
    return size > 0 ? 0 : -1;
}

const char *directory_next(struct directory *d) {
    int saved = errno, failed = d->at == d->end && fill(d);
    errno = saved;
    if (failed)
        return NULL;
    const struct entry *entry = (const void *)(d->entries + d->at);
    d->at += entry->size;
    d->position = entry->next;
    return entry->name;
}

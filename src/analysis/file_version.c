#include "analysis/file_version.h"
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

struct file_version file_version_of(const char *path) {
    struct stat st;
    if (!path || stat(path, &st))
        return (struct file_version){0};
    return (struct file_version){st.st_dev, st.st_ino, (uint64_t)st.st_size, st.st_ctim.tv_sec,
                                 st.st_ctim.tv_nsec};
}

int file_version_equal(const struct file_version *a, const struct file_version *b) {
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->changed_s == b->changed_s && a->changed_ns == b->changed_ns;
}

const char *file_version_write(const struct file_version *v, char *text) {
    snprintf(text, FILE_VERSION_TEXT,
             "inode %" PRIu64 ", %" PRIu64 " bytes, changed %" PRId64 ".%09" PRId64, v->inode,
             v->size, v->changed_s, v->changed_ns);
    return text;
}

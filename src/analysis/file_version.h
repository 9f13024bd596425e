/* Whether a file is still the one that it was. Pure but for file_version_of. */
#ifndef ANALYSIS_FILE_VERSION_H
#define ANALYSIS_FILE_VERSION_H

#include <stdint.h>

struct file_version { /* all zero: there is no file */
    uint64_t device, inode, size;
    int64_t changed_s, changed_ns; /* ctime, which nobody can set back */
};

enum { FILE_VERSION_TEXT = 112 };

/* `path` may be NULL. */
struct file_version file_version_of(const char *path);
int file_version_equal(const struct file_version *a, const struct file_version *b);
/* Equal versions have equal texts, on whatever device: its number may change from boot to boot.
 * Returns `text`, of FILE_VERSION_TEXT bytes. */
const char *file_version_write(const struct file_version *version, char *text);

#endif

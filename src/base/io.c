#include "base/io.h"
#include <errno.h>
#include <unistd.h>
#include "base/sys.h"

int io_write_all(int fd, const void *bytes, size_t size) {
    const char *at = bytes;
    int saved = errno, result = 0;
    while (size && !result) {
        ssize_t n = write(fd, at, size);
        if (n > 0) {
            at += n;
            size -= (size_t)n;
        } else if (n == 0) {
            result = -EIO;
        } else if (errno != EINTR) {
            result = -errno;
        }
    }
    errno = saved;
    return result;
}

int io_read_at(int fd, void *bytes, size_t size, off_t offset, size_t *got) {
    char *at = bytes;
    int saved = errno, result = 0;
    *got = 0;
    while (*got < size) {
        ssize_t n = pread(fd, at + *got, size - *got, offset + (off_t)*got);
        if (n > 0) {
            *got += (size_t)n;
        } else if (n == 0) {
            break;
        } else if (errno != EINTR) {
            result = -errno;
            break;
        }
    }
    errno = saved;
    return result;
}

int io_is_within_limit(size_t size) {
    return size <= sys_limit(RLIMIT_FSIZE);
}

/* image_load: see image.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buffer.h"
#include "base/error.h"
#include "snapshot/format.h"
#include "snapshot/image.h"

static int unreadable(struct heapline_error *err, const char *path) {
    return error_set(err, HEAPLINE_IO, errno, path, "cannot be read");
}

static int may_be_snapshot(const struct buffer *bytes) {
    static const char magic[] = FORMAT_MAGIC;
    size_t size = bytes->size < sizeof magic - 1 ? bytes->size : sizeof magic - 1;
    return size == 0 || memcmp(bytes->bytes, magic, size) == 0;
}

/* To the end, which only reading finds: it may be a pipe. Of what is no snapshot the beginning is
 * enough to say so: it may be any size. */
static int read_all(int fd, const char *path, struct buffer *bytes, struct heapline_error *err) {
    char chunk[1 << 14];
    ssize_t got;
    while (may_be_snapshot(bytes) && (got = read(fd, chunk, sizeof chunk)) != 0) {
        if (got > 0)
            buffer_append(bytes, chunk, (size_t)got);
        else if (errno != EINTR)
            return unreadable(err, path);
        if (bytes->failed)
            return error_set(err, HEAPLINE_NO_MEMORY, 0, path, "not enough memory to read it");
    }
    return bytes->size ? 0 : error_set(err, HEAPLINE_BAD_FILE, 0, path, "is empty, not a snapshot");
}

static struct image *decode(int fd, const char *path, struct heapline_error *err) {
    struct heapline_error problem;
    struct buffer bytes = {0};
    struct image *image = NULL;
    if (!read_all(fd, path, &bytes, err)) {
        image = image_decode(bytes.bytes, bytes.size, &problem);
        if (!image)
            error_set(err, problem.code, problem.os_errno, path, problem.message);
    }
    buffer_fini(&bytes);
    return image;
}

struct image *image_load(const char *path, struct heapline_error *err) {
    struct stat st;
    struct image *image = NULL;
    int saved = errno, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        unreadable(err, path);
    } else {
        if (fstat(fd, &st) || S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode))
            image = decode(fd, path, err);
        else
            error_set(err, HEAPLINE_BAD_FILE, 0, path, "is not a file");
        close(fd);
    }
    errno = saved;
    return image;
}

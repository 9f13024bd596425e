#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buffer.h"
#include "command.h"
#include "input.h"
#include "pid.h"
#include "snapshot/arena_file.h"

static int read_process(const char *word, struct image **image) {
    struct arena_file file;
    struct heapline_error err;
    uint32_t pid = pid_parse(word);
    if (!pid)
        return complain(EXIT_NO_PROCESS, word, "no such process");
    if (arena_file_find_pid(&file, pid, &err)) {
        int status = complain_error(&err);
        return err.code == HEAPLINE_BAD_FILE ? status : EXIT_NO_PROCESS;
    }
    *image = arena_file_read(&file, &err);
    arena_file_close(&file);
    return *image ? EXIT_OK : complain_error(&err);
}

static int unreadable(const char *path, int error) {
    return complain(EXIT_BAD_INPUT, path, "cannot be read: %s", strerror(error));
}

/* To the end, which only reading finds: it may be a pipe. */
static int read_all(const char *path, int fd, struct buffer *bytes) {
    static char chunk[1 << 16];
    ssize_t got;
    while ((got = read(fd, chunk, sizeof chunk)) != 0) {
        if (got > 0)
            buffer_append(bytes, chunk, (size_t)got);
        else if (errno != EINTR)
            return unreadable(path, errno);
        if (bytes->failed)
            return complain(EXIT_BAD_INPUT, path, "not enough memory to read it");
    }
    return bytes->size ? EXIT_OK : complain(EXIT_BAD_INPUT, path, "is empty, not a snapshot");
}

static int decode(const char *path, int fd, struct image **image) {
    struct heapline_error err;
    struct buffer bytes = {0};
    int status = read_all(path, fd, &bytes);
    if (status == EXIT_OK && !(*image = image_decode(bytes.bytes, bytes.size, &err)))
        status = complain(EXIT_BAD_INPUT, path, "%s", err.message);
    buffer_fini(&bytes);
    return status;
}

static int read_file(const char *path, struct image **image) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return unreadable(path, errno);
    int status = EXIT_BAD_INPUT;
    if (fstat(fd, &st) || S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode))
        status = decode(path, fd, image);
    else
        complain(status, path, "is not a file");
    close(fd);
    return status;
}

int input_read(const char *word, struct image **image) {
    *image = NULL;
    return pid_is(word) ? read_process(word, image) : read_file(word, image);
}

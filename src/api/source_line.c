#include "api/source_line.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct scan {
    char *buf;
    size_t size;
    int wanted, line; /* the one to find, the one that is being read */
};

/* What Python's str.strip takes away, of ASCII. */
static int is_blank(char c) {
    return c && strchr(" \t\n\r\v\f\x1c\x1d\x1e\x1f", c);
}

static void keep(struct scan *s, const char *bytes, size_t size) {
    while (size && !s->size && is_blank(*bytes)) {
        bytes++;
        size--;
    }
    size_t room = SOURCE_LINE_MAX - s->size;
    size = size < room ? size : room;
    memcpy(s->buf + s->size, bytes, size);
    s->size += size;
}

/* 1: the line is whole. */
static int scan_chunk(struct scan *s, const char *chunk, size_t size) {
    const char *end = chunk + size;
    while (chunk < end && s->line <= s->wanted) {
        const char *newline = memchr(chunk, '\n', (size_t)(end - chunk));
        const char *stop = newline ? newline : end;
        if (s->line == s->wanted)
            keep(s, chunk, (size_t)(stop - chunk));
        s->line += newline != NULL;
        chunk = newline ? newline + 1 : end;
    }
    return s->line > s->wanted;
}

static void scan_file(struct scan *s, int fd) {
    char chunk[1 << 14];
    ssize_t got;
    do
        got = read(fd, chunk, sizeof chunk);
    while ((got > 0 && !scan_chunk(s, chunk, (size_t)got)) || (got < 0 && errno == EINTR));
}

/* Only a file: reading a device or a pipe would have effects. */
size_t source_line_read(const char *file, int line, char buf[SOURCE_LINE_MAX]) {
    struct scan s = {.buf = buf, .wanted = line, .line = 1};
    struct stat st;
    int saved = errno;
    int fd = line > 0 ? open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;
    if (fd >= 0) {
        if (!fstat(fd, &st) && S_ISREG(st.st_mode))
            scan_file(&s, fd);
        close(fd);
    }
    while (s.size && is_blank(buf[s.size - 1]))
        s.size--;
    errno = saved;
    return s.size;
}

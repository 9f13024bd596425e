#include "snapshot/process.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "base/directory.h"
#include "base/pool.h"
#include "base/sys.h"
#include "base/text.h"

enum { PROC_PATH = 64, LINES = 16 << 10 };

/* The second slash is for qemu, which answers for /proc/PID itself, with figures of its own, when a
 * process asks for what it is. */
static void write_path(char *path, uint32_t pid, const char *rest) {
    struct text t;
    text_init(&t, path, PROC_PATH);
    text_string(&t, "/proc//");
    if (pid)
        text_decimal(&t, pid);
    else
        text_string(&t, "self");
    text_string(&t, rest);
}

static int open_proc(uint32_t pid, const char *rest, int flags) {
    char path[PROC_PATH];
    write_path(path, pid, rest);
    return open(path, O_RDONLY | O_CLOEXEC | flags);
}

static uint64_t parse_number(const char **at, unsigned base) {
    uint64_t value = 0;
    for (;; (*at)++) {
        char c = **at;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                                                : 16;
        if (digit >= base)
            return value;
        value = value * base + digit;
    }
}

static const char *skip_fields(const char *at, unsigned count) {
    while (count-- && at) {
        at = strchr(at, ' ');
        at = at ? at + strspn(at, " ") : NULL;
    }
    return at;
}

/* The second field, the name, may hold anything, so the others count from its last parenthesis. */
uint64_t process_start_ticks(uint32_t pid) {
    enum { AFTER_NAME = 2, START_TICKS = 22 };
    char path[PROC_PATH], stat[1024];
    write_path(path, pid, "/stat");
    long fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (sys_failed(fd))
        return 0;
    long size = sys_call(SYS_read, fd, (long)stat, sizeof stat - 1, 0, 0, 0);
    sys_close((int)fd);
    stat[size > 0 ? size : 0] = '\0';
    const char *at = strrchr(stat, ')');
    at = at ? skip_fields(at, START_TICKS - AFTER_NAME) : NULL;
    return at ? parse_number(&at, 10) : 0;
}

uint64_t process_pid_namespace(uint32_t pid) {
    char path[PROC_PATH];
    struct stat st;
    write_path(path, pid, "/ns/pid");
    return sys_failed(sys_call(SYS_newfstatat, AT_FDCWD, (long)path, (long)&st, 0, 0, 0))
               ? 0
               : st.st_ino;
}

struct lines {
    int fd;
    char *buf; /* LINES bytes */
    size_t at, end;
    int error; /* 0 or -errno */
};

static int read_more(struct lines *l) {
    memmove(l->buf, l->buf + l->at, l->end - l->at);
    l->end -= l->at;
    l->at = 0;
    ssize_t n = read(l->fd, l->buf + l->end, LINES - 1 - l->end);
    if (n < 0)
        l->error = -errno;
    if (n > 0)
        l->end += (size_t)n;
    return n > 0;
}

/* A line without its end; NULL at the end or on an error. One that does not fit comes in parts. */
static char *next_line(struct lines *l) {
    while (!memchr(l->buf + l->at, '\n', l->end - l->at) && l->end - l->at < LINES - 1)
        if (!read_more(l))
            return NULL;
    char *line = l->buf + l->at;
    line[l->end - l->at] = '\0';
    size_t length = strcspn(line, "\n");
    l->at += line[length] ? length + 1 : length;
    line[length] = '\0';
    return line;
}

/* "START-END PERMISSIONS OFFSET MAJOR:MINOR INODE   PATH" */
static int visit_line(const char *line, process_visit *visit, void *context) {
    const char *path = strchr(line, '/'), *at = skip_fields(line, 3);
    if (!path || !at)
        return 0;
    unsigned major = (unsigned)parse_number(&at, 16);
    at += *at == ':';
    unsigned minor = (unsigned)parse_number(&at, 16);
    at += *at == ' ';
    return visit(context, makedev(major, minor), parse_number(&at, 10), path);
}

static int visit_lines(struct lines *l, process_visit *visit, void *context, int *is_empty) {
    int result = 0;
    for (char *line; !result && (line = next_line(l));) {
        *is_empty = 0;
        result = visit_line(line, visit, context);
    }
    return result ? result : l->error;
}

static int visit_maps(int fd, process_visit *visit, void *context, int *is_empty) {
    struct pool pool = {0};
    struct lines lines = {.fd = fd, .buf = pool_alloc(&pool, LINES)};
    int result = lines.buf ? visit_lines(&lines, visit, context, is_empty) : -ENOMEM;
    pool_fini(&pool);
    return result;
}

static int visit_thread(int taskfd, const char *tid, process_visit *visit, void *context,
                        int *is_empty) {
    char path[PROC_PATH];
    struct text t;
    text_init(&t, path, sizeof path);
    text_string(&t, tid);
    text_string(&t, "/maps");
    int fd = openat(taskfd, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    int result = visit_maps(fd, visit, context, is_empty);
    close(fd);
    return result;
}

/* A main thread that has ended has no mappings any more, the process may. */
static int visit_threads(uint32_t pid, process_visit *visit, void *context) {
    int fd = open_proc(pid, "/task", O_DIRECTORY), result = 0, is_empty = 1;
    if (fd < 0)
        return -errno;
    struct directory threads = {.fd = fd};
    for (const char *tid; is_empty && !result && (tid = directory_next(&threads));)
        if (*tid != '.')
            result = visit_thread(fd, tid, visit, context, &is_empty);
    close(fd);
    return result;
}

int process_each_mapping(uint32_t pid, process_visit *visit, void *context) {
    int saved = errno, is_empty = 1, fd = open_proc(pid, "/maps", 0);
    int result = fd < 0 ? -errno : visit_maps(fd, visit, context, &is_empty);
    if (fd >= 0)
        close(fd);
    if (!result && is_empty)
        result = visit_threads(pid, visit, context);
    errno = saved;
    return result;
}

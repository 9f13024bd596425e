#include "snapshot/arena_directory.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/error.h"
#include "base/sys.h"

static const char parent[] = "/dev/shm", base_name[] = "heapline-";

enum { RANDOM_DIGITS = 16, NAME_SIZE = 40, PATH_SIZE = sizeof parent + NAME_SIZE };
enum { OTHERS_ANYTHING = 077, OTHERS_WRITE = 022 };

static void write_name(struct text *name) {
    text_string(name, base_name);
    text_decimal(name, geteuid());
}

static void write_default(struct text *path) {
    text_string(path, parent);
    text_string(path, "/");
    write_name(path);
}

static int open_any(int at, const char *name) {
    return (int)sys_openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
}

static int open_parent(void) { /* a symbolic link on some systems */
    return (int)sys_openat(AT_FDCWD, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

/* A descriptor if the directory is ours and gives others none of these rights, else -errno. */
static int open_own(int at, const char *name, unsigned others) {
    struct stat st;
    int fd = open_any(at, name);
    if (fd < 0)
        return fd;
    if (!sys_call(SYS_fstat, fd, (long)&st, 0, 0, 0, 0) && st.st_uid == geteuid() &&
        !(st.st_mode & others))
        return fd;
    sys_close(fd);
    return -EACCES;
}

static int make_own(const char *path, unsigned others) {
    sys_call(SYS_mkdirat, AT_FDCWD, (long)path, 0700, 0, 0, 0);
    return open_own(AT_FDCWD, path, others);
}

/* --- Stand-ins --- */

static int is_stand_in(const char *name) {
    char own[NAME_SIZE];
    struct text t;
    text_init(&t, own, sizeof own);
    write_name(&t);
    text_string(&t, ".");
    const char *random = name + t.length;
    return !strncmp(name, own, t.length) && strspn(random, "0123456789abcdef") == RANDOM_DIGITS &&
           !random[RANDOM_DIGITS];
}

/* The next one that is safe; its name is valid until the next call. */
static int open_next(struct directory *names, const char **name) {
    while ((*name = directory_next(names))) {
        int fd = is_stand_in(*name) ? open_own(names->fd, *name, OTHERS_ANYTHING) : -1;
        if (fd >= 0)
            return fd;
    }
    return -ENOENT;
}

static void keep_first(char *first, int *first_fd, const char *name, int fd) {
    int is_first = !*first || strcmp(name, first) < 0, unused = is_first ? *first_fd : fd;
    if (is_first) {
        strcpy(first, name);
        *first_fd = fd;
    }
    if (unused >= 0)
        sys_close(unused);
}

/* Writes its path, too. */
static int open_first(struct text *path) {
    char first[NAME_SIZE] = "";
    const char *name;
    int fd = -ENOENT;
    struct directory names = {.fd = open_parent()};
    if (names.fd < 0)
        return names.fd;
    for (int next; (next = open_next(&names, &name)) >= 0;)
        keep_first(first, &fd, name, next);
    sys_close(names.fd);
    text_init(path, path->buf, path->size);
    text_string(path, parent);
    text_string(path, "/");
    text_string(path, first);
    return fd;
}

static void make_stand_in(void) {
    char path[PATH_SIZE];
    struct text t;
    text_init(&t, path, sizeof path);
    write_default(&t);
    text_string(&t, ".");
    text_hex16(&t, sys_random());
    sys_call(SYS_mkdirat, AT_FDCWD, (long)path, 0700, 0, 0, 0);
}

/* --- Choosing --- */

/* What opening it yields when there is something of that name that is not our directory. */
static int is_taken(int result) {
    return result == -EACCES || result == -ENOTDIR || result == -ELOOP;
}

static int make_default(struct text *path) {
    write_default(path);
    int fd = make_own(path->buf, OTHERS_ANYTHING);
    if (!is_taken(fd))
        return fd;
    fd = open_first(path);
    if (fd != -ENOENT)
        return fd;
    make_stand_in();
    return open_first(path); /* another process may have made one, too */
}

int arena_directory_make(const char *chosen, struct text *path) {
    if (!chosen || !*chosen)
        return make_default(path);
    text_string(path, chosen);
    return path->length < path->size ? make_own(chosen, OTHERS_WRITE) : -ENAMETOOLONG;
}

/* --- Reading --- */

int arena_directory_open(const char *path, struct heapline_error *err) {
    struct stat st;
    int fd = open_any(AT_FDCWD, path);
    if (fd < 0)
        return error_set(err, HEAPLINE_IO, -fd, path, "cannot open");
    if (!sys_call(SYS_fstat, fd, (long)&st, 0, 0, 0, 0) && (!geteuid() || st.st_uid == geteuid()))
        return fd;
    sys_close(fd);
    return error_set(err, HEAPLINE_IO, EACCES, path, "belongs to another user");
}

enum stage { BEGIN, STAND_INS, END };

static int begin(struct arena_directories *all) {
    char path[PATH_SIZE];
    struct text t;
    text_init(&t, path, sizeof path);
    write_default(&t);
    all->stage = STAND_INS;
    all->parent.fd = open_parent();
    return open_own(AT_FDCWD, path, OTHERS_ANYTHING);
}

static int end(struct arena_directories *all) {
    if (all->parent.fd >= 0)
        sys_close(all->parent.fd);
    all->stage = END;
    return -1;
}

int arena_directories_next(struct arena_directories *all, struct heapline_error *err) {
    const char *chosen = getenv("HEAPLINE_DIR"), *name;
    if (err)
        *err = (struct heapline_error){0};
    if (all->stage == END)
        return -1;
    if (all->stage == BEGIN && chosen && *chosen) {
        all->stage = END;
        return arena_directory_open(chosen, err);
    }
    int fd = all->stage == BEGIN ? begin(all) : -1;
    if (fd < 0)
        fd = open_next(&all->parent, &name);
    return fd >= 0 ? fd : end(all);
}

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/error.h"
#include "snapshot/arena_directory.h"
#include "snapshot/arena_file.h"
#include "snapshot/lender.h"
#include "snapshot/process.h"

/* --- Names --- */

int arena_name_parse(const char *name, uint32_t *pid) {
    static const char decimal[] = "0123456789", hex[] = "0123456789abcdef";
    enum { PID_DIGITS = 9, RANDOM_DIGITS = 16 };
    size_t digits = strspn(name, decimal);
    uint32_t value = 0;
    if (!digits || digits > PID_DIGITS || name[digits] != '.')
        return -1;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (uint32_t)(name[i] - '0');
    const char *random = name + digits + 1;
    if (strspn(random, hex) != RANDOM_DIGITS || strcmp(random + RANDOM_DIGITS, ".arena") != 0)
        return -1;
    if (pid)
        *pid = value;
    return 0;
}

const char *arena_list_next(struct arena_list *list) {
    const char *name;
    list->directory.fd = list->dirfd;
    do
        name = directory_next(&list->directory);
    while (name && arena_name_parse(name, NULL));
    return name;
}

/* --- The living --- */

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* By name too: some file systems show one device number to stat and another to maps. */
static int is_this_file(void *context, dev_t device, ino_t inode, const char *path) {
    const struct arena_file *file = context;
    if (device == file->device && inode == file->inode)
        return 1;
    return file->name[0] && !strcmp(base_name(path), file->name);
}

/* A process that we must not look into counts as alive as long as it is the same. */
static int is_mapped_by(const struct arena_file *file, uint32_t pid) {
    if (process_start_ticks(pid) != file->header.start_ticks)
        return 0;
    int result = process_each_mapping(pid, is_this_file, (void *)file);
    return result == 1 || result == -EACCES || result == -EPERM;
}

/* In another pid namespace its pid is another here: all processes of that namespace are asked. */
static int is_mapped_in_namespace(const struct arena_file *file, int procfd) {
    struct directory processes = {.fd = procfd};
    for (const char *name; (name = directory_next(&processes));) {
        uint32_t pid = (uint32_t)strtoul(name, NULL, 10);
        if (pid && process_pid_namespace(pid) == file->header.pid_namespace &&
            is_mapped_by(file, pid))
            return 1;
    }
    return 0;
}

int arena_file_is_alive(const struct arena_file *file) {
    const uint64_t initial_namespace = 0xEFFFFFFC; /* whoever is in it sees all processes */
    uint64_t ours = process_pid_namespace(0), its = file->header.pid_namespace;
    if (!ours || !its || its == ours)
        return is_mapped_by(file, file->header.pid);
    int procfd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (procfd < 0)
        return -1;
    int result = is_mapped_in_namespace(file, procfd);
    close(procfd);
    return result || ours == initial_namespace ? result : -1;
}

/* --- Searching --- */

struct search {
    struct arena_file *best; /* fd -1: none yet */
    int lent_only;
    uint32_t pid;
    uint64_t start_ticks, pid_namespace;
    struct pool pool;
};

static int is_newer(const struct arena_file *a, const struct arena_file *b) {
    if (b->fd < 0)
        return 1;
    if (a->header.start_time != b->header.start_time)
        return a->header.start_time > b->header.start_time;
    return a->header.image > b->header.image;
}

static void keep_newest(struct arena_file *best, struct arena_file *file) {
    struct arena_file *older = is_newer(file, best) ? best : file;
    struct arena_file newest = older == best ? *file : *best;
    arena_file_close(older);
    *best = newest;
}

/* Children that forked map their parent's arena, too. */
static int is_of_process(const struct search *s, const struct arena_file *file) {
    const struct arena_header *h = &file->header;
    return h->start_ticks == s->start_ticks &&
           (h->pid == s->pid || h->pid_namespace != s->pid_namespace);
}

static int open_mapped(struct search *s, struct arena_file *file, const char *path) {
    size_t size = strlen(path) + 32;
    char *inside = pool_alloc(&s->pool, size);
    if (!inside)
        return -1;
    struct text t;
    text_init(&t, inside, size);
    text_string(&t, "/proc/");
    text_decimal(&t, s->pid);
    text_string(&t, "/root");
    text_string(&t, path);
    /* The path is as seen from outside a chroot, but from inside a mount namespace. */
    return arena_file_open(file, AT_FDCWD, inside, NULL) &&
                   arena_file_open(file, AT_FDCWD, path, NULL)
               ? -1
               : 0;
}

/* What a lender's descriptor number leads to may be another file by now. */
static int open_lent(struct arena_file *file, const char *path, dev_t device, ino_t inode) {
    int fd = lender_open_file(path);
    if (fd < 0 || arena_file_attach(file, fd, NULL))
        return -1;
    if (file->device == device && file->inode == inode)
        return 0;
    arena_file_close(file);
    return -1;
}

static int consider_mapping(void *context, dev_t device, ino_t inode, const char *path) {
    struct search *s = context;
    struct arena_file file;
    int is_ours = !arena_name_parse(base_name(path), NULL);
    if ((s->best->fd >= 0 && s->best->inode == inode) || (is_ours && s->lent_only))
        return 0;
    if (is_ours ? open_mapped(s, &file, path) : open_lent(&file, path, device, inode))
        return 0;
    if (is_of_process(s, &file))
        keep_newest(s->best, &file);
    else
        arena_file_close(&file);
    return 0;
}

static void consider_directory(struct search *s, int dirfd) {
    struct arena_list list = {.dirfd = dirfd};
    struct arena_file file;
    for (const char *name; (name = arena_list_next(&list));) {
        if (arena_file_open(&file, dirfd, name, NULL))
            continue;
        if (is_of_process(s, &file) && file.header.end != ARENA_REPLACED)
            keep_newest(s->best, &file);
        else
            arena_file_close(&file);
    }
}

static void consider_directories(struct search *s) {
    struct arena_directories all = {0};
    for (int dirfd; (dirfd = arena_directories_next(&all, NULL)) >= 0; close(dirfd))
        consider_directory(s, dirfd);
}

/* Returns what process_each_mapping does. */
static int search_mappings(struct search *s) {
    *s->best = (struct arena_file){.fd = -1};
    s->start_ticks = process_start_ticks(s->pid);
    s->pid_namespace = process_pid_namespace(0);
    int result = s->start_ticks ? process_each_mapping(s->pid, consider_mapping, s) : -ESRCH;
    pool_fini(&s->pool);
    return result;
}

int arena_file_find_lent(struct arena_file *file, uint32_t pid) {
    struct search s = {.best = file, .pid = pid, .lent_only = 1};
    search_mappings(&s);
    return file->fd >= 0 ? 0 : -1;
}

static int no_process(struct heapline_error *err, uint32_t pid, const char *problem) {
    char subject[32];
    struct text t;
    text_init(&t, subject, sizeof subject);
    text_string(&t, "process ");
    text_decimal(&t, pid);
    return error_set(err, HEAPLINE_NO_PROCESS, 0, subject, problem);
}

static int not_found(struct heapline_error *err, uint32_t pid, int result) {
    if (result == -ESRCH)
        return no_process(err, pid, "no such process");
    if (result != -EACCES && result != -EPERM)
        return no_process(err, pid, "not traced by heapline");
    no_process(err, pid, "no permission to look at it");
    if (err) {
        err->code = HEAPLINE_IO;
        err->os_errno = -result;
    }
    return -1;
}

int arena_file_find_pid(struct arena_file *file, uint32_t pid, struct heapline_error *err) {
    struct search s = {.best = file, .pid = pid};
    int result = search_mappings(&s);
    if (result < 0 && s.start_ticks && file->fd < 0)
        consider_directories(&s);
    return file->fd >= 0 ? 0 : not_found(err, pid, result);
}

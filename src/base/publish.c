#include "base/io.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>
#include "base/pool.h"
#include "base/sys.h"
#include "base/text.h"

/* A complete file that has no final name yet. */
struct draft {
    int dirfd;
    char name[64];
};

enum { NAME_TRIES = 100, BESIDE_TRIES = 100000 };

static int open_directory_of(const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        return open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct pool pool = {0};
    char *directory = pool_copy(&pool, path, slash == path ? 1 : (size_t)(slash - path));
    int fd = -1, error = ENOMEM;
    if (directory) {
        fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
        error = errno;
    }
    pool_fini(&pool);
    errno = error;
    return fd;
}

/* Where 0-2 are closed, the file must not become somebody's standard error. */
static int above_standard(int fd) {
    if (fd < 0 || fd > 2)
        return fd;
    int high = fcntl(fd, F_DUPFD_CLOEXEC, 3), error = errno;
    close(fd);
    errno = error;
    return high;
}

static void choose_name(struct draft *draft, unsigned attempt) {
    struct timespec now = {0};
    struct text name;
    clock_gettime(CLOCK_REALTIME, &now);
    text_init(&name, draft->name, sizeof draft->name);
    text_string(&name, ".heapline-");
    text_decimal(&name, (uint64_t)getpid());
    text_string(&name, "-");
    text_hex(&name, (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + attempt);
    text_string(&name, ".tmp");
}

static int create_draft(struct draft *draft, mode_t mode) {
    int fd = -1, flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    errno = EEXIST;
    for (unsigned i = 0; i < NAME_TRIES && fd < 0 && errno == EEXIST; i++) {
        choose_name(draft, i);
        fd = openat(draft->dirfd, draft->name, flags, mode);
    }
    return fd;
}

/* What a new file takes over from the one that it replaces: who may read that may read the new one,
 * and nobody else. */
struct access {
    int replaces;
    mode_t mode;
    uid_t user;
    gid_t group;
};

/* Where access lists are used, the group's bits say what any of the users named there may do. */
static int has_access_list(const char *path) {
    return getxattr(path, "system.posix_acl_access", NULL, 0) > 0;
}

/* A device or a pipe of that name would be destroyed, or get a file beside it. */
static int check_existing(const char *path, int replace, struct access *access) {
    struct stat st;
    *access = (struct access){.mode = 0666};
    if (stat(path, &st))
        return 0;
    if (!S_ISREG(st.st_mode))
        return S_ISDIR(st.st_mode) ? 0 : -EEXIST;
    if (!replace)
        return 0;
    *access = (struct access){1, st.st_mode & 0777, st.st_uid, st.st_gid};
    if (has_access_list(path))
        access->mode &= ~(mode_t)070;
    return 0;
}

/* By the descriptor: others may be able to change what the name stands for. */
static void give_access(int fd, const struct access *access) {
    mode_t mode = access->mode;
    if (fchown(fd, access->user, access->group) && fchown(fd, (uid_t)-1, access->group))
        mode &= ~(mode_t)070;
    fchmod(fd, mode);
}

static int fill_draft(struct draft *draft, const void *bytes, size_t size,
                      const struct access *access) {
    int fd = create_draft(draft, access->mode);
    if (fd < 0)
        return -errno;
    fd = above_standard(fd);
    int result = fd < 0 ? -errno : io_write_all(fd, bytes, size);
    if (fd >= 0 && access->replaces)
        give_access(fd, access);
    if (fd >= 0 && close(fd) && !result)
        result = -errno;
    if (result)
        unlinkat(draft->dirfd, draft->name, 0);
    return result;
}

static int begin(struct draft *draft, const char *path, const void *bytes, size_t size,
                 int replace) {
    struct access access;
    int result = io_is_within_limit(size) ? check_existing(path, replace, &access) : -EFBIG;
    if (result)
        return result;
    draft->dirfd = above_standard(open_directory_of(path));
    if (draft->dirfd < 0)
        return -errno;
    result = fill_draft(draft, bytes, size, &access);
    if (result)
        close(draft->dirfd);
    return result;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int rename_draft(const struct draft *draft, const char *name, unsigned flags) {
    return (int)sys_call(SYS_renameat2, draft->dirfd, (long)draft->name, draft->dirfd, (long)name,
                         flags, 0);
}

/* File systems know RENAME_NOREPLACE or hard links; few know neither. */
static int name_new(const struct draft *draft, const char *name) {
    int result = rename_draft(draft, name, RENAME_NOREPLACE);
    if (result != -EINVAL && result != -ENOSYS)
        return result;
    if (linkat(draft->dirfd, draft->name, draft->dirfd, name, 0))
        return -errno;
    unlinkat(draft->dirfd, draft->name, 0);
    return 0;
}

static int name_over(const struct draft *draft, const char *name) {
    return rename_draft(draft, name, 0);
}

static int end(struct draft *draft, int result) {
    if (result)
        unlinkat(draft->dirfd, draft->name, 0);
    close(draft->dirfd);
    return result;
}

int io_publish(const char *path, const void *bytes, size_t size, int replace) {
    struct draft draft;
    int saved = errno;
    int result = begin(&draft, path, bytes, size, replace);
    if (!result) {
        int (*give_name)(const struct draft *, const char *) = replace ? name_over : name_new;
        result = end(&draft, give_name(&draft, base_name(path)));
    }
    errno = saved;
    return result;
}

static int write_name(char *taken, size_t taken_size, const char *path, unsigned number) {
    static const char suffix[] = ".snap";
    size_t length = strlen(path), tail = sizeof suffix - 1;
    if (length < tail || strcmp(path + length - tail, suffix) != 0)
        tail = 0;
    struct text t;
    text_init(&t, taken, taken_size);
    text_bytes(&t, path, length - tail);
    if (number) {
        text_string(&t, ".");
        text_decimal(&t, number);
    }
    text_string(&t, path + length - tail);
    return t.length < taken_size ? 0 : -ENAMETOOLONG;
}

static int name_beside(const struct draft *draft, const char *path, char *taken, size_t size) {
    int result = -EEXIST;
    for (unsigned i = 0; i < BESIDE_TRIES && result == -EEXIST; i++) {
        result = write_name(taken, size, path, i);
        if (!result)
            result = name_new(draft, base_name(taken));
    }
    return result;
}

int io_publish_beside(const char *path, const void *bytes, size_t size, char *taken,
                      size_t taken_size) {
    struct draft draft;
    int saved = errno;
    int result = begin(&draft, path, bytes, size, 0);
    if (!result)
        result = end(&draft, name_beside(&draft, path, taken, taken_size));
    errno = saved;
    return result;
}

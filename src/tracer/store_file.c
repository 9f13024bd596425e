#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "base/text.h"
#include "snapshot/arena_directory.h"
#include "tracer/lend.h"
#include "tracer/store.h"
#include "tracer/store_file.h"

/* -1: nobody could tell whose it is. */
static int name_file(void) {
    struct text t;
    long pid = sys_getpid();
    if (sys_failed(pid))
        return -1;
    text_init(&t, store.path, sizeof store.path);
    text_string(&t, store.directory);
    text_string(&t, "/");
    text_decimal(&t, (uint64_t)pid);
    text_string(&t, ".");
    text_hex16(&t, sys_random());
    text_string(&t, ".arena");
    return 0;
}

static int open_directory(void) {
    struct text t;
    text_init(&t, store.directory, sizeof store.directory);
    return arena_directory_make(store.chosen_directory, &t);
}

/* By its path: where descriptors are short there is no second one. Nobody else can move a directory
 * of ours. */
static int create_file(uint64_t ceiling) {
    enum { FLAGS = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC };
    long fd;
    if (name_file() != 0)
        return -1;
    fd = sys_openat(AT_FDCWD, store.path, FLAGS, 0600);
    if (sys_failed(fd)) {
        store.path[0] = '\0';
        return -1;
    }
    if (!sys_failed(sys_call(SYS_ftruncate, fd, (long)ceiling, 0, 0, 0, 0)))
        return (int)fd;
    sys_close((int)fd);
    store_unlink();
    return -1;
}

static int lent_file(uint64_t ceiling) {
    return lend_ask(store.session, ceiling);
}

/* `heapline run` marks the directory in which it looks for its session's arenas. It is another one
 * when the process has become another user's. */
static int is_marked(int directory) {
    char mark[24];
    struct text t;
    text_init(&t, mark, sizeof mark);
    text_hex16(&t, store.session);
    text_string(&t, ".run");
    return !sys_failed(sys_call(SYS_faccessat, directory, (long)mark, 0, 0, 0, 0));
}

static int open_file(uint64_t ceiling, int marked_only) {
    int directory, is_right;
    store.path[0] = '\0';
    if (sys_limit(RLIMIT_FSIZE) < ceiling || (directory = open_directory()) < 0)
        return -1;
    is_right = !marked_only || is_marked(directory);
    sys_close(directory);
    return is_right ? create_file(ceiling) : -1;
}

static int collected_file(uint64_t ceiling) {
    return open_file(ceiling, store.session != 0);
}

static int uncollected_file(uint64_t ceiling) {
    return open_file(ceiling, 0);
}

int (*const store_files[STORE_FILES])(uint64_t ceiling) = {collected_file, lent_file,
                                                           uncollected_file};

int store_file_allocate(uint64_t offset, uint64_t size) {
    struct stat opened, named;
    long fd = sys_openat(AT_FDCWD, store.path, O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0), r = -1;
    if (sys_failed(fd))
        return -1;
    if (sys_call(SYS_fstat, fd, (long)&opened, 0, 0, 0, 0) == 0 &&
        sys_call(SYS_newfstatat, AT_FDCWD, (long)store.path, (long)&named, 0, 0, 0) == 0 &&
        opened.st_ino == named.st_ino && opened.st_dev == named.st_dev)
        r = sys_call(SYS_fallocate, fd, 0, (long)offset, (long)size, 0, 0);
    sys_close((int)fd);
    return r == 0 ? 0 : -1;
}

void store_unlink(void) {
    if (store.path[0] != '\0')
        sys_call(SYS_unlinkat, AT_FDCWD, (long)store.path, 0, 0, 0, 0);
    store.path[0] = '\0';
}

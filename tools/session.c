#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include "base/text.h"
#include "session.h"
#include "snapshot/arena_directory.h"

static void mark_name(uint64_t session, char *name, size_t size) {
    snprintf(name, size, "%016llx.run", (unsigned long long)session);
}

static int make_directory(void) {
    char path[PATH_MAX];
    struct text text;
    text_init(&text, path, sizeof path);
    int fd = arena_directory_make(getenv("HEAPLINE_DIR"), &text);
    return fd < 0 ? -1 : fd;
}

void session_mark(struct session_mark *mark, uint64_t session) {
    char name[32];
    *mark = (struct session_mark){.directory = make_directory(), .file = -1};
    if (mark->directory < 0)
        return;
    mark_name(session, name, sizeof name);
    mark->file =
        openat(mark->directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (mark->file >= 0)
        flock(mark->file, LOCK_EX | LOCK_NB);
}

void session_unmark(struct session_mark *mark, uint64_t session) {
    char name[32];
    mark_name(session, name, sizeof name);
    if (mark->file >= 0) {
        unlinkat(mark->directory, name, 0);
        close(mark->file);
    }
    if (mark->directory >= 0)
        close(mark->directory);
}

static int is_held(int dirfd, const char *name) {
    int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return 0;
    int held = flock(fd, LOCK_SH | LOCK_NB) != 0;
    close(fd);
    return held;
}

int session_is_collected(int dirfd, uint64_t session) {
    char name[32];
    mark_name(session, name, sizeof name);
    return session && is_held(dirfd, name);
}

static int is_mark(const char *name) {
    return strspn(name, "0123456789abcdef") == 16 && !strcmp(name + 16, ".run");
}

void session_prune_marks(int dirfd) {
    int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (is_mark(entry->d_name) && !is_held(dirfd, entry->d_name))
            unlinkat(dirfd, entry->d_name, 0);
    if (dir)
        closedir(dir);
}

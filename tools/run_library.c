#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/text.h"
#include "run_library.h"
#include "snapshot/arena_directory.h"

static const char library[] = "libheapline.so";

/* The directory of this program, without the last slash. */
static void own_directory(char *dir) {
    ssize_t n = readlink("/proc/self/exe", dir, PATH_MAX - 1);
    dir[n > 0 ? n : 0] = 0;
    char *slash = strrchr(dir, '/');
    if (slash)
        *slash = 0;
}

static int try_in(const char *dir, const char *below, char *path) {
    int n = snprintf(path, PATH_MAX, "%s%s/%s", dir, below, library);
    return *dir && n < PATH_MAX && !access(path, R_OK) ? 0 : -1;
}

static int is_shared_object(const char *path) {
    Elf64_Ehdr header;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, &header, sizeof header);
    if (fd >= 0)
        close(fd);
    return size == sizeof header && !memcmp(header.e_ident, ELFMAG, SELFMAG) &&
           header.e_type == ET_DYN;
}

static int try_chosen(const char *chosen, char *path) {
    if (is_shared_object(chosen) && realpath(chosen, path))
        return 0;
    snprintf(path, PATH_MAX, "%s", chosen);
    return -1;
}

int run_library_find(char *path) {
    char dir[PATH_MAX];
    const char *chosen = getenv("HEAPLINE_LIBRARY");
    if (chosen && *chosen)
        return try_chosen(chosen, path);
    own_directory(dir);
    if (!try_in(dir, "", path) || !try_in(dir, "/.libs", path) || !try_in(dir, "/../lib", path))
        return 0;
    return try_in(HEAPLINE_LIBDIR, "", path);
}

static int is_preloadable(const char *path) {
    return !strpbrk(path, " :$");
}

/* FNV-1a: tells the paths of different installations apart. */
static uint64_t hash(const char *s) {
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
    return h;
}

/* Is `name` a link to `target`, now at the latest? */
static int make_link(int dirfd, const char *name, const char *target) {
    char existing[PATH_MAX];
    if (symlinkat(target, dirfd, name) && errno != EEXIST)
        return -1;
    ssize_t n = readlinkat(dirfd, name, existing, sizeof existing);
    return n == (ssize_t)strlen(target) && !memcmp(existing, target, (size_t)n) ? 0 : -1;
}

static int link_in_arena_directory(const char *target, char *path) {
    char dir[PATH_MAX], name[64];
    struct text text;
    text_init(&text, dir, sizeof dir);
    int fd = arena_directory_make(getenv("HEAPLINE_DIR"), &text);
    if (fd < 0)
        return -1;
    snprintf(name, sizeof name, "libheapline-%016llx.so", (unsigned long long)hash(target));
    int failed = !is_preloadable(dir) || make_link(fd, name, target);
    close(fd);
    return failed || snprintf(path, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX ? -1 : 0;
}

static int link_in_new_directory(const char *target, char *path) {
    char dir[] = "/tmp/heapline-XXXXXX";
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, PATH_MAX, "%s/%s", dir, library);
    return symlink(target, path);
}

int run_library_make_preloadable(char *path) {
    char target[PATH_MAX];
    if (is_preloadable(path))
        return 0;
    snprintf(target, sizeof target, "%s", path);
    return link_in_arena_directory(target, path) && link_in_new_directory(target, path) ? -1 : 0;
}

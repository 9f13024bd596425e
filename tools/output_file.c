#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/buffer.h"
#include "base/io.h"
#include "command.h"
#include "output_file.h"
#include "output_path.h"

int output_file_check_pattern(const char *pattern) {
    int letter = output_name_check(pattern);
    if (letter == '%')
        return complain(-1, "--output", "ends with a lone %% (%%%% is a percent sign)");
    if (letter)
        return complain(-1, "--output", "%%%c means nothing (use %%p, %%e, %%h, %%t or %%%%)",
                        letter);
    return *pattern ? 0 : complain(-1, "--output", "the name is empty (give a file name)");
}

static char *directory_of(const char *path) {
    const char *slash = strrchr(path, '/');
    char *dir = !slash          ? strdup(".")
                : slash == path ? strdup("/")
                                : strndup(path, (size_t)(slash - path));
    if (!dir)
        abort();
    return dir;
}

/* Where nameless files are unknown, a file is made and removed. */
static int probe_by_name(const char *dir) {
    char *path;
    if (asprintf(&path, "%s/.heapline-%d.tmp", dir, (int)getpid()) < 0)
        abort();
    int result = io_publish(path, "", 0, 0);
    if (!result)
        unlink(path);
    free(path);
    return result == -EEXIST ? 0 : result;
}

static int probe(const char *dir) {
    struct stat st;
    if (stat(dir, &st))
        return -errno;
    if (!S_ISDIR(st.st_mode))
        return -ENOTDIR;
    int fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0)
        return close(fd), 0;
    return errno == EOPNOTSUPP || errno == EISDIR ? probe_by_name(dir) : -errno;
}

/* Only a file is replaced or gets others beside it. */
static int check_is_file(const char *path) {
    struct stat st;
    if (!stat(path, &st))
        return S_ISREG(st.st_mode) ? 0
                                   : complain(-1, path, "is not a file (choose another with -o)");
    if (errno == ENAMETOOLONG)
        return complain(-1, path, "the name is too long (choose another with -o)");
    if (!lstat(path, &st) && S_ISLNK(st.st_mode))
        return complain(-1, path, "is a link that leads nowhere (choose another with -o)");
    return 0;
}

int output_file_check(const char *path) {
    char *dir = directory_of(path);
    int error = probe(dir);
    if (error)
        complain(0, dir, "snapshots cannot be written there: %s (choose another with -o)",
                 strerror(-error));
    free(dir);
    return error ? -1 : check_is_file(path);
}

/* Where to write what replaces a file: a symbolic link stays one. NULL: it leads nowhere, or to a
 * file that has no name. */
static char *replaced_path(const char *path) {
    struct stat st;
    char *real = realpath(path, NULL);
    return real || !lstat(path, &st) ? real : strdup(path);
}

static int publish(const char *path, const struct buffer *bytes, int replace, char *taken) {
    snprintf(taken, PATH_MAX, "%s", path);
    if (!replace)
        return io_publish_beside(path, bytes->bytes, bytes->size, taken, PATH_MAX);
    char *real = replaced_path(path);
    int result = real ? io_publish(real, bytes->bytes, bytes->size, 1) : -EEXIST;
    free(real);
    return result;
}

int output_file_write(const struct image *image, const char *path, int replace, char *taken) {
    struct heapline_error err;
    struct buffer bytes = {0};
    if (image_encode(image, &bytes, &err))
        return complain_error(&err), -1;
    int result = publish(path, &bytes, replace, taken);
    buffer_fini(&bytes);
    if (result)
        return complain(-1, path, "cannot be written: %s", strerror(-result));
    return 0;
}

void output_file_note_collision(const char *path, const char *taken) {
    if (strcmp(path, taken) != 0)
        complain(0, path, "exists, wrote %s instead (-f replaces)", taken);
}

static char *make_path(const struct image *image, const char *pattern, const char *part) {
    struct output_name values = {.exe = image->exe, .pid = image->pid, .time = time(NULL)};
    char *plain = output_path_expand(pattern, &values);
    if (!part)
        return plain;
    char *path = output_path_insert(plain, part);
    free(plain);
    return path;
}

int output_file_save(const struct image *image, const char *pattern, const char *part,
                     int replace) {
    char taken[PATH_MAX];
    char *path = make_path(image, pattern, part);
    int result = check_is_file(path) ? -1 : output_file_write(image, path, replace, taken);
    if (!result) {
        output_file_note_collision(path, taken);
        print_escaped(stdout, taken);
        putchar('\n');
    }
    free(path);
    return result ? EXIT_OUTPUT : EXIT_OK;
}

/* Whole reads and writes and publishing a file without ever overwriting one by accident.
 * Results are 0 or -errno; errno is left alone. Never calls malloc or stdio. */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stddef.h>
#include <sys/types.h>

int io_write_all(int fd, const void *bytes, size_t size);
/* Reads until `size` bytes or the end; *got says how many. */
int io_read_at(int fd, void *bytes, size_t size, off_t offset, size_t *got);

/* 1 if a file may be so large; if not, making it so would raise SIGXFSZ. */
int io_is_within_limit(size_t size);

/* Writes `bytes` to a temporary file in the directory of `path`, then gives it the name `path`
 * atomically. replace = 0: an existing `path` is left alone and -EEXIST returned. On any failure
 * no file is left behind. */
int io_publish(const char *path, const void *bytes, size_t size, int replace);
/* The same without replacing: on a collision takes the first free of path.1, path.2 ...
 * (before ".snap" where path ends so) and writes the name taken to `taken`. */
int io_publish_beside(const char *path, const void *bytes, size_t size, char *taken,
                      size_t taken_size);

#endif

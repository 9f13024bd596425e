/* The names in a directory, in no order; opendir would call malloc. The caller owns the descriptor;
 * not thread-safe for one struct directory; several may read one descriptor in turns. */
#ifndef BASE_DIRECTORY_H
#define BASE_DIRECTORY_H

#include <stdint.h>
#include <sys/types.h>

/* Begin with {.fd = fd}. */
struct directory {
    int fd;
    uint32_t at, end;
    off_t position; /* in the kernel's numbering, behind `entries` */
    _Alignas(8) char entries[2048];
};

/* The next name ("." and ".." too), valid until the next call, or NULL at the end. */
const char *directory_next(struct directory *d);

#endif

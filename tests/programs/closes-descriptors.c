/* Closes every descriptor from 3 on (again and again, as daemons do), opens files of its own, which
 * must get 3, 4, 5, and allocates enough to make a tracer grow; nothing may land in its files. */
#define _GNU_SOURCE
#include "truth.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FILES = 3, ROUNDS = 3 };

static void open_own(const char *directory, int fds[FILES]) {
    for (int i = 0; i < FILES; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/own.%d", directory, i);
        fds[i] = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
        printf("descriptor %d\n", fds[i]);
    }
}

static APART void allocate(unsigned path, size_t count) {
    if (path > 1) {
        allocate(path / 2 - (path / 2 > 0 && path % 2), count);
        return (void)MALLOC(path);
    }
    for (size_t i = 0; i < count; i++)
        (void)MALLOC(2000);
}

static void must_hold(int fd, const char *text) {
    char got[64] = {0};
    if (pread(fd, got, sizeof got, 0) != (ssize_t)strlen(text) || strcmp(got, text))
        abort();
}

int main(int argc, char **argv) {
    if (argc != 2)
        return 64;
    for (int round = 0; round < ROUNDS; round++) {
        int fds[FILES];
        if (round == 1)
            close_range(3, ~0u, 0);
        else
            for (int fd = 3; fd < 1024; fd++)
                close(fd);
        open_own(argv[1], fds);
        for (int i = 0; i < FILES; i++)
            if (write(fds[i], "own text", 8) != 8)
                abort();
        allocate(40000u << round, 20000);
        for (int i = 0; i < FILES; i++)
            must_hold(fds[i], "own text");
    }
    fflush(stdout);
    truth_unknown = TRUTH_NO_PEAK;
    truth_print();
    return 0;
}

/* A child whose tree is its parent's at the fork, though the parent has grown it before the child's
 * first event: by thousands of call paths, among them one that ends where others led on. With an
 * argument, forked without fork handlers. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define APART __attribute__((noinline))
enum { DEPTH = 13, PATHS = 1 << DEPTH, SECONDS = 60 };
typedef void *allocator(size_t);

static void *volatile kept;

static APART void *wrapped(size_t size) {
    void *block = malloc(size);
    kept = block;
    return block;
}

static APART void *call(allocator *allocate, size_t size) {
    void *block = allocate(size);
    kept = block;
    return block;
}

static APART void follow(unsigned path, int depth) {
    if (depth == 0) {
        kept = malloc(1);
        free(kept);
    } else if (path & 1) {
        follow(path >> 1, depth - 1);
        kept = NULL;
    } else {
        follow(path >> 1, depth - 1);
        kept = (void *)&kept;
    }
}

static void follow_all(unsigned paths) {
    for (unsigned i = 0; i < paths; i++)
        follow(i, DEPTH);
}

static char wait_for(int fd) {
    char byte = 0;
    return read(fd, &byte, 1) == 1 ? byte : 'x';
}

int main(int count, char **words) {
    static allocator *volatile steps[2] = {wrapped, malloc};
    int ready[2], status = -1;
    volatile pid_t child = -1; /* one call of call(), whoever makes it */
    (void)words;
    if (pipe(ready) != 0)
        return 1;
    for (volatile int i = 0; i < 2; i++) {
        if (i == 1 && (child = count > 1 ? _Fork() : fork()) == 0)
            wait_for(ready[0]);
        else if (i == 1)
            follow_all(PATHS);
        free(call(steps[i], 1000));
        if (child == 0) {
            alarm(SECONDS);
            follow_all(PATHS);
            _exit(0);
        }
    }
    if (write(ready[1], "", 1) != 1)
        return 1;
    waitpid(child, &status, 0);
    printf("%x\n", (unsigned)status);
    return status != 0;
}

/* Whole call paths: a random walk through functions that call one another, long jumps out of it
 * included. Prints each path (the lines of its calls, innermost first) with its count and bytes. */
#include "truth.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DEEPEST = 40, PATHS = 20000, WALKS = 1000 };

struct path {
    int lines[DEEPEST + 2];
    int depth;
    unsigned long count, bytes;
};

static struct path paths[PATHS];
static unsigned path_count;
static struct path here; /* lines of the calls under way, outermost first */
static unsigned seed = 1;
static jmp_buf base;

static unsigned chance(unsigned below) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static unsigned slot_of(const struct path *path) {
    uint64_t hash = (uint64_t)path->depth;
    for (int i = 0; i < path->depth; i++)
        hash = (hash ^ (uint64_t)path->lines[i]) * UINT64_C(0x9E3779B97F4A7C15);
    return (unsigned)(hash >> 40) % PATHS;
}

static void count(size_t bytes) {
    unsigned i = slot_of(&here);
    while (paths[i].depth && (paths[i].depth != here.depth ||
                              memcmp(paths[i].lines, here.lines, sizeof(int) * (size_t)here.depth)))
        i = (i + 1) % PATHS;
    if (!paths[i].depth) {
        if (++path_count == PATHS)
            abort();
        paths[i] = here;
    }
    paths[i].count++;
    paths[i].bytes += bytes;
}

static void walk(unsigned steps);

/* Calls and notes the line; arguments keep the call out of tail position. */
#define CALL(expression) (here.lines[here.depth++] = __LINE__, (expression), here.depth--)
#define LEAF(size)                           \
    do {                                     \
        size_t size_ = (size);               \
        here.lines[here.depth++] = __LINE__; \
        void *block_ = malloc(size_);        \
        count(size_);                        \
        here.depth--;                        \
        if (block_ && chance(2))             \
            free(block_);                    \
    } while (0)

static APART void red(unsigned steps) {
    char space[64];
    memset(space, (int)steps, sizeof space);
    LEAF(steps + 1);
    CALL(walk(steps));
    if (space[63] != (char)steps)
        abort();
}

static APART void green(unsigned steps) {
    CALL(walk(steps));
    LEAF(2 * steps);
    CALL(walk(steps / 2));
}

/* A frame of a size that only run time knows, hence one addressed by a frame pointer. */
static APART void blue(unsigned steps) {
    char *space = __builtin_alloca(32 + steps % 7 * 16);
    memset(space, 1, 32);
    CALL(walk(steps));
    LEAF((size_t)space[31] + 8);
}

/* A realigned frame. */
static APART void yellow(unsigned steps) {
    char space[64] __attribute__((aligned(64)));
    memset(space, 2, sizeof space);
    LEAF((size_t)space[5]);
    CALL(walk(steps));
    if (space[6] != 2)
        abort();
}

static APART void violet(unsigned steps) {
    LEAF(steps);
    if (chance(50) == 0)
        longjmp(base, 1);
}

static APART void walk(unsigned steps) {
    static void (*const functions[])(unsigned) = {red, green, blue, yellow, violet};
    if (steps == 0 || here.depth > DEEPEST - 3)
        return;
    void (*next)(unsigned) = functions[chance(5)];
    CALL(next(steps - 1));
}

static void print(const struct path *path) {
    static char text[1024];
    int size = snprintf(text, sizeof text,
                        "{\"truth\":\"path\",\"pid\":%d,\"count\":%lu,\"bytes\":%lu,\"lines\":[",
                        (int)getpid(), path->count, path->bytes);
    for (int i = path->depth; i-- > 0;)
        size += snprintf(text + size, sizeof text - (size_t)size, "%d%s", path->lines[i],
                         i ? "," : "]}\n");
    if (write(1, text, (size_t)size) != size)
        _exit(99);
}

int main(void) {
    for (volatile int i = 0; i < WALKS; i++) {
        here.depth = 0;
        if (setjmp(base) == 0)
            CALL(walk(16));
    }
    for (unsigned i = 0; i < PATHS; i++)
        if (paths[i].depth)
            print(&paths[i]);
    return 0;
}

/* Allocates by jemalloc's own names where they are there: preloaded, or linked. Also built as a
 * plug-in, whose constructor does so before anything else. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "truth.h"

#ifdef PLUGIN /* the standard names are another allocator's */
enum { LEAST = 17, IS_MALLOC = 0 };
#else
enum { LEAST = 1, IS_MALLOC = 1 };
#endif
enum { BLOCKS = 1000, ALIGN_64 = 6, ZERO = 0x40 };
#define WEAK __attribute__((weak))

void *mallocx(size_t size, int flags) WEAK;
void *rallocx(void *block, size_t size, int flags) WEAK;
size_t xallocx(void *block, size_t size, size_t extra, int flags) WEAK;
void dallocx(void *block, int flags) WEAK;
void sdallocx(void *block, size_t size, int flags) WEAK;

static void *(*const by_pointer)(size_t, int) = mallocx; /* a word that the loader fills */
static void *early[BLOCKS];

__attribute__((constructor)) static void allocate_early(void) {
    for (int i = 0; mallocx != NULL && i < BLOCKS; i++)
        early[i] = TAKE(mallocx(40, 0), 40);
}

static void fit(void *block, size_t size, size_t extra) {
    int line = __LINE__ + 1;
    size_t usable = xallocx(block, size, extra, 0);
    if (usable < size)
        return;
    truth_release(block);
    truth_reallocated(__FILE__, line, block, usable < size + extra ? usable : size + extra);
}

static void *resize(void *block, size_t size) {
    truth_release(block);
    return truth_reallocated(__FILE__, __LINE__, rallocx(block, size, 0), size);
}

/* Prints how the page of an address is protected. */
static void show_protection(const void *address) {
    static char maps[1 << 16];
    int fd = open("/proc/self/maps", O_RDONLY);
    size_t size = 0;
    for (ssize_t r; (r = read(fd, maps + size, sizeof maps - 1 - size)) > 0;)
        size += (size_t)r;
    close(fd);
    for (char *line = strtok(maps, "\n"), *end; line != NULL; line = strtok(NULL, "\n")) {
        uintptr_t from = strtoul(line, &end, 16), to = strtoul(end + 1, &end, 16);
        end[5] = '\n';
        if ((uintptr_t)address - from < to - from && write(1, end + 1, 5) != 5)
            exit(1);
    }
}

int main(void) {
    void *(*found)(size_t, int) = NULL;
    if (mallocx == NULL)
        return write(1, "no jemalloc\n", 12) != 12;
    show_protection(&by_pointer);
    truth_unknown = TRUTH_NO_PEAK;
    *(void **)&found = dlsym(RTLD_DEFAULT, "mallocx");
    if (found == NULL)
        return 1;
    for (size_t i = LEAST; i < BLOCKS; i++) {
        void *plain = TAKE(mallocx(i, 0), i);
        void *aligned = TAKE(mallocx(2 * i, ALIGN_64 | ZERO), 2 * i);
        void *pointed = TAKE(by_pointer(i, 0), i);
        void *large = TAKE(mallocx(100 * i + 20000, 0), 100 * i + 20000);
        void *standard = MALLOC(i);
        plain = resize(plain, LEAST + i % 90);
        large = resize(large, 200 * i + 20000);
        fit(large, 300 * i + 20000, 1000000);
        fit(large, 20000, 0);
        fit(aligned, 100000, 0);
        if (i % 2)
            continue;
        GIVE(early[i], dallocx(early[i], 0));
        GIVE(plain, sdallocx(plain, LEAST + i % 90, 0));
        GIVE(aligned, dallocx(aligned, ALIGN_64));
        GIVE(large, dallocx(large, 0));
        if (IS_MALLOC)
            FREE(pointed);
        if (IS_MALLOC)
            GIVE(standard, dallocx(standard, 0));
        TAKE(found(i, 0), i);
    }
    TAKE(mallocx(PTRDIFF_MAX, 0), PTRDIFF_MAX);
    truth_print();
    return 0;
}

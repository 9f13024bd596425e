/* Frees with C23's sized variants, which an older C library lacks: then by free, or, with argv[1]
 * "strictly", not at all and with status 1. */
#define _GNU_SOURCE
#include "truth.h"

#include <dlfcn.h>
#include <string.h>

extern void free_sized(void *block, size_t size) __attribute__((weak));
extern void free_aligned_sized(void *block, size_t alignment, size_t size) __attribute__((weak));

static void free_anyway(void *block, size_t size) {
    (void)size;
    free(block);
}

static void free_aligned_anyway(void *block, size_t alignment, size_t size) {
    (void)alignment;
    (void)size;
    free(block);
}

static void use(void (*plain)(void *, size_t), void (*aligned)(void *, size_t, size_t)) {
    for (size_t i = 0; i < 10; i++) {
        void *block = MALLOC(100 + i);
        void *other = TAKE(aligned_alloc(256, 512), 512), *kept = MALLOC(7);
        GIVE(block, plain(block, 100 + i));
        GIVE(other, aligned(other, 256, 512));
        (void)kept;
    }
    plain(NULL, 0);
    aligned(NULL, 64, 0);
}

int main(int argc, char **argv) {
    void *plain = dlsym(RTLD_DEFAULT, "free_sized");
    void *aligned = dlsym(RTLD_DEFAULT, "free_aligned_sized");
    int have = plain && aligned && free_sized && free_aligned_sized;
    if (!have && argc > 1 && strcmp(argv[1], "strictly") == 0)
        return 1;
    use(have ? free_sized : free_anyway, have ? free_aligned_sized : free_aligned_anyway);
    if (have)
        use((void (*)(void *, size_t))plain, (void (*)(void *, size_t, size_t))aligned);
    else
        use(free_anyway, free_aligned_anyway);
    truth_print();
    return 0;
}

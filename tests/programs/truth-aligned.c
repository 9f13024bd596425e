/* The aligned family: requested sizes count, not padded ones, and alignment is kept. */
#define _GNU_SOURCE
#include "truth.h"

#include <malloc.h>
#include <string.h>

static void must_align(void *block, size_t alignment) {
    if (!block || (uintptr_t)block % alignment)
        abort();
}

static APART void *by_posix(size_t alignment, size_t size) {
    void *block = NULL;
    truth_enter();
    int line = __LINE__, code = posix_memalign(&block, alignment, size);
    if (code)
        abort();
    return truth_allocated(__FILE__, line, block, size);
}

int main(void) {
    void *kept[12][5];
    for (int i = 0; i < 12; i++) {
        size_t alignment = (size_t)8 << i, size = 100 + (size_t)i;
        kept[i][0] = by_posix(alignment, size);
        kept[i][1] = TAKE(aligned_alloc(alignment, size * alignment), size * alignment);
        kept[i][2] = TAKE(memalign(alignment, size), size);
        kept[i][3] = TAKE(valloc(size), size);
        kept[i][4] = TAKE(reallocarray(NULL, size, 3), size * 3);
        for (int k = 0; k < 3; k++)
            must_align(kept[i][k], alignment);
        must_align(kept[i][3], 4096);
        must_align(kept[i][4], 16);
        memset(kept[i][3], 1, size);
    }
    void *pages = TAKE(pvalloc(8192), 8192);
    must_align(pages, 4096);
    for (int i = 0; i < 12; i++)
        for (int k = 0; k < 5; k++)
            if ((i + k) % 3)
                FREE(kept[i][k]);
    if (malloc_usable_size(kept[0][0]) < 100)
        abort();
    FREE(pages);
    truth_print();
    return 0;
}

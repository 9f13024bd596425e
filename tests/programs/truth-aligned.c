/* The aligned family: requested sizes count, not padded ones, and the alignment asked for is kept. */
#define _GNU_SOURCE
#include "truth.h"

#include <malloc.h>
#include <string.h>

static void must_align(void *block, size_t alignment)
{
    if (!block || (uintptr_t)block % alignment)
        abort();
}

static APART void *by_posix(size_t alignment, size_t size)
{
    void *block = NULL;
    truth_enter();
    int code = posix_memalign(&block, alignment, size); void *taken = truth_allocated(__FILE__, __LINE__, block, size);
    if (code)
        abort();
    return taken;
}

int main(void)
{
    void *kept[12][6] = {{NULL}};
    for (int i = 0; i < 12; i++) {
        size_t alignment = (size_t)8 << i, size = 100 + (size_t)i;
        must_align(kept[i][0] = by_posix(alignment, size), alignment);
        must_align(kept[i][1] = TAKE(aligned_alloc(alignment, size * alignment), size * alignment), alignment);
        must_align(kept[i][2] = TAKE(memalign(alignment, size), size), alignment);
        must_align(kept[i][3] = TAKE(valloc(size), size), 4096);
        must_align(kept[i][4] = TAKE(reallocarray(NULL, size, 3), size * 3), 8);
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

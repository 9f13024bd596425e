// Allocates by the own names of gperftools' tcmalloc where they are there.
#include "truth.h"

#include <new>
#include <stdint.h>
#include <unistd.h>

enum { BLOCKS = 1000 };
#define WEAK __attribute__((weak))

extern "C" {
void *tc_malloc(size_t) WEAK;
void *tc_malloc_skip_new_handler(size_t) WEAK;
void *tc_calloc(size_t, size_t) WEAK;
void *tc_realloc(void *, size_t) WEAK;
void tc_free(void *) WEAK;
void tc_free_sized(void *, size_t) WEAK;
void tc_cfree(void *) WEAK;
void *tc_memalign(size_t, size_t) WEAK;
int tc_posix_memalign(void **, size_t, size_t) WEAK;
void *tc_valloc(size_t) WEAK;
void *tc_pvalloc(size_t) WEAK;
void *tc_new(size_t) WEAK;
void *tc_new_nothrow(size_t, const std::nothrow_t &) WEAK;
void *tc_new_aligned(size_t, std::align_val_t) WEAK;
void *tc_new_aligned_nothrow(size_t, std::align_val_t, const std::nothrow_t &) WEAK;
void *tc_newarray(size_t) WEAK;
void *tc_newarray_nothrow(size_t, const std::nothrow_t &) WEAK;
void *tc_newarray_aligned(size_t, std::align_val_t) WEAK;
void *tc_newarray_aligned_nothrow(size_t, std::align_val_t, const std::nothrow_t &) WEAK;
void tc_delete(void *) WEAK;
void tc_delete_sized(void *, size_t) WEAK;
void tc_delete_nothrow(void *, const std::nothrow_t &) WEAK;
void tc_delete_aligned(void *, std::align_val_t) WEAK;
void tc_delete_sized_aligned(void *, size_t, std::align_val_t) WEAK;
void tc_delete_aligned_nothrow(void *, std::align_val_t, const std::nothrow_t &) WEAK;
void tc_deletearray(void *) WEAK;
void tc_deletearray_sized(void *, size_t) WEAK;
void tc_deletearray_nothrow(void *, const std::nothrow_t &) WEAK;
void tc_deletearray_aligned(void *, std::align_val_t) WEAK;
void tc_deletearray_sized_aligned(void *, size_t, std::align_val_t) WEAK;
void tc_deletearray_aligned_nothrow(void *, std::align_val_t, const std::nothrow_t &) WEAK;
}

static void use_c(size_t i) {
    void *block = TAKE(tc_malloc(i), i);
    void *quiet = TAKE(tc_malloc_skip_new_handler(i), i);
    void *zeros = TAKE(tc_calloc(3, i), 3 * i);
    void *aligned = TAKE(tc_memalign(64, i), i);
    void *page = TAKE(tc_valloc(i), i);
    void *pages = TAKE(tc_pvalloc(i), i);
    void *placed = nullptr;
    TAKE((tc_posix_memalign(&placed, 128, i), placed), i);
    truth_release(block);
    block = truth_reallocated(__FILE__, __LINE__, tc_realloc(block, 3 * i), 3 * i);
    if (i % 2)
        return;
    GIVE(block, tc_free_sized(block, 3 * i));
    GIVE(quiet, tc_free(quiet));
    GIVE(zeros, tc_cfree(zeros));
    GIVE(aligned, tc_realloc(aligned, 0));
    GIVE(page, tc_free(page));
    FREE(pages);
}

static void use_operators(size_t i) {
    const std::align_val_t alignment{64};
    void *a = TAKE(tc_new(i), i);
    void *b = TAKE(tc_new_nothrow(i, std::nothrow), i);
    void *c = TAKE(tc_new_aligned(i, alignment), i);
    void *d = TAKE(tc_new_aligned_nothrow(i, alignment, std::nothrow), i);
    void *e = TAKE(tc_newarray(i), i);
    void *f = TAKE(tc_newarray_nothrow(i, std::nothrow), i);
    void *g = TAKE(tc_newarray_aligned(i, alignment), i);
    void *h = TAKE(tc_newarray_aligned_nothrow(i, alignment, std::nothrow), i);
    void *more[4];
    for (void *&block : more)
        block = TAKE(tc_new_aligned(8 * i, alignment), 8 * i);
    if (i % 2)
        return;
    GIVE(a, tc_delete(a));
    GIVE(b, tc_delete_nothrow(b, std::nothrow));
    GIVE(c, tc_delete_aligned(c, alignment));
    GIVE(d, tc_delete_aligned_nothrow(d, alignment, std::nothrow));
    GIVE(e, tc_deletearray(e));
    GIVE(f, tc_deletearray_nothrow(f, std::nothrow));
    GIVE(g, tc_deletearray_aligned(g, alignment));
    GIVE(h, tc_deletearray_aligned_nothrow(h, alignment, std::nothrow));
    GIVE(more[0], tc_delete_sized(more[0], 8 * i));
    GIVE(more[1], tc_delete_sized_aligned(more[1], 8 * i, alignment));
    GIVE(more[2], tc_deletearray_sized(more[2], 8 * i));
    GIVE(more[3], tc_deletearray_sized_aligned(more[3], 8 * i, alignment));
}

static int throws() {
    try {
        tc_new(PTRDIFF_MAX);
    } catch (const std::bad_alloc &) {
        return 1;
    }
    return 0;
}

int main() {
    if (!tc_malloc)
        return write(1, "no tcmalloc\n", 12) != 12;
    truth_unknown = TRUTH_NO_PEAK;
    for (size_t i = 1; i < BLOCKS; i++) {
        use_c(i);
        use_operators(i);
    }
    if (!throws())
        return 1;
    TAKE(tc_new_nothrow(PTRDIFF_MAX, std::nothrow), PTRDIFF_MAX);
    truth_print();
}

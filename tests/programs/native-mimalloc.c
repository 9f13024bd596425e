/* Allocates by mimalloc's own names where they are there: preloaded, or linked. Also built as a
 * plug-in. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "truth.h"

#ifdef PLUGIN /* the standard names are another allocator's */
enum { LEAST = 17, IS_MALLOC = 0 };
#else
enum { LEAST = 1, IS_MALLOC = 1 };
#endif
enum { BLOCKS = 400 };
#define LONG_TEXT "a text of more than sixteen bytes"
#define WEAK __attribute__((weak))
typedef struct mi_heap_s mi_heap_t;

void *mi_malloc(size_t) WEAK;
void *mi_malloc_small(size_t) WEAK;
void *mi_zalloc(size_t) WEAK;
void *mi_zalloc_small(size_t) WEAK;
void *mi_calloc(size_t, size_t) WEAK;
void *mi_mallocn(size_t, size_t) WEAK;
void *mi_realloc(void *, size_t) WEAK;
void *mi_reallocf(void *, size_t) WEAK;
void *mi_reallocn(void *, size_t, size_t) WEAK;
void *mi_rezalloc(void *, size_t) WEAK;
void *mi_recalloc(void *, size_t, size_t) WEAK;
void *mi_reallocarray(void *, size_t, size_t) WEAK;
int mi_reallocarr(void *, size_t, size_t) WEAK;
void *mi_expand(void *, size_t) WEAK;
char *mi_strdup(const char *) WEAK;
char *mi_strndup(const char *, size_t) WEAK;
char *mi_realpath(const char *, char *) WEAK;
int mi_dupenv_s(char **, size_t *, const char *) WEAK;
void *mi_malloc_aligned(size_t, size_t) WEAK;
void *mi_malloc_aligned_at(size_t, size_t, size_t) WEAK;
void *mi_zalloc_aligned(size_t, size_t) WEAK;
void *mi_zalloc_aligned_at(size_t, size_t, size_t) WEAK;
void *mi_calloc_aligned(size_t, size_t, size_t) WEAK;
void *mi_calloc_aligned_at(size_t, size_t, size_t, size_t) WEAK;
void *mi_realloc_aligned(void *, size_t, size_t) WEAK;
void *mi_realloc_aligned_at(void *, size_t, size_t, size_t) WEAK;
void *mi_recalloc_aligned(void *, size_t, size_t, size_t) WEAK;
void *mi_recalloc_aligned_at(void *, size_t, size_t, size_t, size_t) WEAK;
int mi_posix_memalign(void **, size_t, size_t) WEAK;
void *mi_memalign(size_t, size_t) WEAK;
void *mi_aligned_alloc(size_t, size_t) WEAK;
void *mi_valloc(size_t) WEAK;
void *mi_pvalloc(size_t) WEAK;
void *mi_new(size_t) WEAK;
void *mi_new_nothrow(size_t) WEAK;
void *mi_new_aligned(size_t, size_t) WEAK;
void *mi_new_aligned_nothrow(size_t, size_t) WEAK;
void *mi_new_n(size_t, size_t) WEAK;
void *mi_new_realloc(void *, size_t) WEAK;
void *mi_new_reallocn(void *, size_t, size_t) WEAK;
void mi_free(void *) WEAK;
void mi_cfree(void *) WEAK;
void mi_free_size(void *, size_t) WEAK;
void mi_free_aligned(void *, size_t) WEAK;
void mi_free_size_aligned(void *, size_t, size_t) WEAK;
mi_heap_t *mi_heap_new(void) WEAK;
void mi_heap_delete(mi_heap_t *) WEAK;
void mi_heap_destroy(mi_heap_t *) WEAK;
mi_heap_t *mi_heap_get_backing(void) WEAK;
void *mi_heap_malloc(mi_heap_t *, size_t) WEAK;
void *mi_heap_malloc_small(mi_heap_t *, size_t) WEAK;
void *mi_heap_zalloc(mi_heap_t *, size_t) WEAK;
void *mi_heap_calloc(mi_heap_t *, size_t, size_t) WEAK;
void *mi_heap_mallocn(mi_heap_t *, size_t, size_t) WEAK;
void *mi_heap_malloc_aligned(mi_heap_t *, size_t, size_t) WEAK;
void *mi_heap_zalloc_aligned_at(mi_heap_t *, size_t, size_t, size_t) WEAK;
void *mi_heap_calloc_aligned(mi_heap_t *, size_t, size_t, size_t) WEAK;
void *mi_heap_realloc(mi_heap_t *, void *, size_t) WEAK;
void *mi_heap_reallocn(mi_heap_t *, void *, size_t, size_t) WEAK;
void *mi_heap_recalloc(mi_heap_t *, void *, size_t, size_t) WEAK;
void *mi_heap_realloc_aligned(mi_heap_t *, void *, size_t, size_t) WEAK;
char *mi_heap_strdup(mi_heap_t *, const char *) WEAK;
char *mi_heap_strndup(mi_heap_t *, const char *, size_t) WEAK;
void *mi_heap_alloc_new(mi_heap_t *, size_t) WEAK;

/* `block` becomes what the expression gives, on a line of its own. */
#define RESIZE(block, expression, size) \
    (truth_release(block),              \
     (block) = truth_reallocated(__FILE__, __LINE__, (void *)(expression), (size)))

static void fit(void *block, size_t size) {
    int line = __LINE__ + 1;
    if (mi_expand(block, size) == NULL)
        return;
    truth_release(block);
    truth_reallocated(__FILE__, line, block, size);
}

static void use_plain(size_t i) {
    void *a = TAKE(mi_malloc(i), i);
    void *b = TAKE(mi_malloc_small(i), i);
    void *c = TAKE(mi_zalloc(i), i);
    void *d = TAKE(mi_zalloc_small(i), i);
    void *e = TAKE(mi_calloc(3, i), 3 * i);
    void *f = TAKE(mi_mallocn(3, i), 3 * i);
    void *g = TAKE(mi_new(i), i);
    void *h = TAKE(mi_new_nothrow(i), i);
    void *k = TAKE(mi_new_n(2, i), 2 * i);
    void *m = MALLOC(i);
    fit(a, i / 2 + 1);
    fit(b, 10 * i + 10000);
    RESIZE(a, mi_realloc(a, 2 * i), 2 * i);
    RESIZE(b, mi_reallocf(b, 2 * i), 2 * i);
    RESIZE(c, mi_reallocn(c, 2, i), 2 * i);
    RESIZE(d, mi_rezalloc(d, 2 * i), 2 * i);
    RESIZE(e, mi_recalloc(e, 5, i), 5 * i);
    RESIZE(f, mi_reallocarray(f, 5, i), 5 * i);
    RESIZE(g, mi_new_realloc(g, 3 * i), 3 * i);
    RESIZE(h, mi_new_reallocn(h, 3, i), 3 * i);
    RESIZE(k, (mi_reallocarr(&k, 7, i), k), 7 * i);
    if (i % 2)
        return;
    GIVE(a, mi_free(a));
    GIVE(b, mi_cfree(b));
    GIVE(c, mi_free_size(c, 2 * i));
    if (IS_MALLOC)
        GIVE(m, mi_free(m));
    if (IS_MALLOC)
        FREE(d);
}

static void use_aligned(size_t i) {
    void *place = NULL;
    void *a = TAKE(mi_malloc_aligned(i, 64), i);
    void *b = TAKE(mi_malloc_aligned_at(i + 8, 64, 8), i + 8);
    void *c = TAKE(mi_zalloc_aligned(i, 64), i);
    void *d = TAKE(mi_zalloc_aligned_at(i + 8, 64, 8), i + 8);
    void *e = TAKE(mi_calloc_aligned(2, i, 64), 2 * i);
    void *f = TAKE(mi_calloc_aligned_at(2, i + 8, 64, 8), 2 * (i + 8));
    void *g = TAKE(mi_new_aligned(i, 64), i);
    TAKE(mi_new_aligned_nothrow(i, 64), i);
    TAKE((mi_posix_memalign(&place, 64, i), place), i);
    TAKE(mi_memalign(64, i), i);
    TAKE(mi_aligned_alloc(64, 64 * i), 64 * i);
    TAKE(mi_valloc(i), i);
    TAKE(mi_pvalloc(i), i);
    RESIZE(a, mi_realloc_aligned(a, 3 * i, 64), 3 * i);
    RESIZE(b, mi_realloc_aligned_at(b, 3 * i + 8, 64, 8), 3 * i + 8);
    RESIZE(e, mi_recalloc_aligned(e, 3, i, 64), 3 * i);
    RESIZE(f, mi_recalloc_aligned_at(f, 3, i + 8, 64, 8), 3 * (i + 8));
    if (i % 2)
        return;
    GIVE(a, mi_free_aligned(a, 64));
    GIVE(c, mi_free_size_aligned(c, i, 64));
    GIVE(d, mi_free(d));
    GIVE(g, mi_free(g));
}

static void copy_environment(void) {
    char *copy = NULL;
    size_t size;
    setenv("NATIVE", LONG_TEXT, 1);
    TAKE((mi_dupenv_s(&copy, &size, "NATIVE"), copy), sizeof LONG_TEXT);
}

static void use_strings(void) {
    char *path, in_place[4096];
    TAKE(mi_strdup(LONG_TEXT), sizeof LONG_TEXT);
    TAKE(mi_strndup(LONG_TEXT, 19), 20);
    path = mi_realpath("/proc/sys/kernel/random", NULL);
    truth_allocated(__FILE__, __LINE__ - 1, path, strlen(path) + 1);
    mi_realpath("/proc", in_place);
    copy_environment();
}

/* Its blocks end with a heap that is destroyed, and outlive one that is deleted. */
static void use_heap(size_t i, void (*end)(mi_heap_t *)) {
    mi_heap_t *heap = mi_heap_new();
    enum { TAKEN = 11 };
    void *taken[TAKEN] = {
        TAKE(mi_heap_malloc(heap, i), i),
        TAKE(mi_heap_malloc_small(heap, i), i),
        TAKE(mi_heap_zalloc(heap, i), i),
        TAKE(mi_heap_calloc(heap, 3, i), 3 * i),
        TAKE(mi_heap_mallocn(heap, 1000, i), 1000 * i),
        TAKE(mi_heap_malloc_aligned(heap, i, 256), i),
        TAKE(mi_heap_zalloc_aligned_at(heap, 2 * i + 8, 64, 8), 2 * i + 8),
        TAKE(mi_heap_calloc_aligned(heap, 2, i, 64), 2 * i),
        TAKE(mi_heap_strdup(heap, LONG_TEXT), sizeof LONG_TEXT),
        TAKE(mi_heap_strndup(heap, LONG_TEXT, 19), 20),
        TAKE(mi_heap_alloc_new(heap, i), i),
    };
    RESIZE(taken[0], mi_heap_realloc(heap, taken[0], 2 * i), 2 * i);
    RESIZE(taken[1], mi_heap_reallocn(heap, taken[1], 3, i), 3 * i);
    RESIZE(taken[2], mi_heap_recalloc(heap, taken[2], 3, i), 3 * i);
    RESIZE(taken[5], mi_heap_realloc_aligned(heap, taken[5], 100 * i, 64), 100 * i);
    GIVE(taken[3], mi_free(taken[3]));
    for (int j = 0; end == mi_heap_destroy && j < TAKEN; j++)
        if (j != 3)
            truth_release(taken[j]);
    end(heap);
}

int main(void) {
    if (mi_malloc == NULL)
        return write(1, "no mimalloc\n", 12) != 12;
    truth_unknown = TRUTH_NO_PEAK | TRUTH_NO_TEMPORARY;
    mi_heap_delete(mi_heap_new()); /* allocates for itself, which is no block of the program's */
    for (size_t i = LEAST; i < BLOCKS; i++) {
        use_plain(i);
        use_aligned(i);
        use_strings();
        use_heap(i, mi_heap_destroy);
        use_heap(i, mi_heap_delete);
    }
    mi_heap_destroy(mi_heap_get_backing()); /* does nothing */
    TAKE(mi_malloc(PTRDIFF_MAX), PTRDIFF_MAX);
    truth_print();
    return 0;
}

#include "gc/pages.h"
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include "base/sys.h"
#include "gc/fail.h"

enum { PAGE = 4096, SIZE_LIMIT = 62 };

static int are_small; /* no huge ones from now on */

void pages_avoid_huge(void) {
    __atomic_store_n(&are_small, 1, __ATOMIC_RELAXED);
}

int pages_may_be_huge(void) {
    return !__atomic_load_n(&are_small, __ATOMIC_RELAXED);
}

static size_t whole(size_t size) {
    return (size + PAGE - 1) & ~(size_t)(PAGE - 1);
}

/* --- huge ones: only where a whole one is mapped, at a multiple of its size. NULL: no room --- */

static void *map_aligned(size_t size, int protection) {
    char *p = sys_mmap(NULL, size + PAGES_HUGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!p)
        return NULL;
    size_t before = -(uintptr_t)p & (PAGES_HUGE - 1);
    if (before)
        sys_munmap(p, before);
    sys_munmap(p + before + size, PAGES_HUGE - before);
    return p + before;
}

static void *alloc_huge(size_t size) {
    void *pages = map_aligned(size, PROT_READ | PROT_WRITE);
    if (pages)
        sys_madvise(pages, size, MADV_HUGEPAGE);
    return pages;
}

/* What has been small pages is copied: they would stay small. */
static void *become_huge(void *old, size_t old_size, size_t size) {
    void *pages = alloc_huge(size);
    if (pages) {
        memcpy(pages, old, old_size < size ? old_size : size);
        sys_munmap(old, old_size);
    }
    return pages;
}

static void *resize_huge(void *old, size_t old_size, size_t size) {
    if (!sys_failed(sys_call(SYS_mremap, (long)old, (long)old_size, (long)size, 0, 0, 0)))
        return old;
    void *pages = map_aligned(size, PROT_NONE);
    if (pages && sys_failed(sys_call(SYS_mremap, (long)old, (long)old_size, (long)size,
                                     MREMAP_MAYMOVE | MREMAP_FIXED, (long)pages, 0))) {
        sys_munmap(pages, size);
        return NULL;
    }
    return pages;
}

/* --- any --- */

static void *resize_small(void *old, size_t old_size, size_t size) {
    long r = sys_call(SYS_mremap, (long)old, (long)old_size, (long)size, MREMAP_MAYMOVE, 0, 0);
    if (sys_failed(r))
        return NULL;
    if (size >= PAGES_HUGE)
        sys_madvise((void *)(uintptr_t)r, size, MADV_NOHUGEPAGE);
    return (void *)(uintptr_t)r;
}

static int is_to_be_huge(size_t size) {
    return size >= PAGES_HUGE && pages_may_be_huge();
}

void *pages_alloc(size_t size) {
    if (size >> SIZE_LIMIT || fail_now())
        return NULL;
    void *pages = is_to_be_huge(size) ? alloc_huge(whole(size)) : NULL;
    return pages ? pages : sys_pages(whole(size));
}

static void *resize(void *old, size_t old_size, size_t size) {
    void *pages = NULL;
    if (is_to_be_huge(size))
        pages = old_size < PAGES_HUGE ? become_huge(old, old_size, size)
                                      : resize_huge(old, old_size, size);
    return pages ? pages : resize_small(old, old_size, size);
}

void *pages_resize(void *old, size_t old_size, size_t size) {
    if (!old)
        return pages_alloc(size);
    if (whole(size) == whole(old_size))
        return old;
    if (size >> SIZE_LIMIT || fail_now())
        return NULL;
    return resize(old, whole(old_size), whole(size));
}

void pages_free(void *pages, size_t size) {
    sys_munmap(pages, whole(size));
}

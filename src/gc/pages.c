#include "gc/pages.h"
#include <sys/mman.h>
#include "base/sys.h"
#include "gc/fail.h"

/* From LARGE on sizes are those of huge pages, so that the kernel aligns to these. */
enum { PAGE = 4096, HUGE_PAGE = 2 << 20, LARGE = 2 * HUGE_PAGE };

static size_t whole(size_t size) {
    size_t unit = size < LARGE ? PAGE : HUGE_PAGE;
    return (size + unit - 1) & ~(unit - 1);
}

void *pages_alloc(size_t size) {
    return size > SIZE_MAX / 2 || fail_now() ? NULL : sys_pages(whole(size));
}

void *pages_resize(void *old, size_t old_size, size_t size) {
    if (!old)
        return pages_alloc(size);
    if (whole(size) == whole(old_size))
        return old;
    if (size > SIZE_MAX / 2 || fail_now())
        return NULL;
    long r = sys_call(SYS_mremap, (long)old, (long)whole(old_size), (long)whole(size),
                      MREMAP_MAYMOVE, 0, 0);
    return sys_failed(r) ? NULL : (void *)(uintptr_t)r;
}

void pages_prefer_huge(void *pages, size_t size) {
    if (pages && size >= LARGE)
        sys_madvise(pages, whole(size), MADV_HUGEPAGE);
}

void pages_free(void *pages, size_t size) {
    sys_munmap(pages, whole(size));
}

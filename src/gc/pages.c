#include "gc/pages.h"
#include <sys/mman.h>
#include "base/sys.h"
#include "gc/fail.h"

static size_t whole(size_t size) {
    return (size + 4095) & ~(size_t)4095;
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

void pages_free(void *pages, size_t size) {
    sys_munmap(pages, whole(size));
}

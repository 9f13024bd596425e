/* A library that has malloc, other than the C library. Where its functions call each other by their
 * public names, as calloc may call malloc, the loader has led these calls to our hooks, and one
 * block would be two. So its calls of the family come here: those that it makes while it is called
 * as the allocator go on to the real functions, all others, as of a library that is more than an
 * allocator, to the hooks. An allocator whose own names are hooked needs none of it: its calls go
 * on from what those hooks expect. */
#include <link.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "preload/hook.h"
#include "preload/native.h"
#include "preload/real.h"
#include "tracer/thread.h"
#include "unwind/elf.h"

static struct real library; /* what `real` was before its calls were marked */

static struct thread *enter(void) {
    struct thread *t = session_has_begun() ? thread_self() : NULL;
    if (t != NULL)
        t->allocating++;
    return t;
}

static void leave(struct thread **t) {
    if (*t != NULL)
        (*t)->allocating--;
}

static int is_allocating(void) {
    const struct thread *t = thread_peek();
    return t != NULL && t->allocating != 0;
}

#define FAMILY(X)                                                                \
    X(malloc, void *, (size_t size), (size))                                     \
    X(calloc, void *, (size_t count, size_t size), (count, size))                \
    X(realloc, void *, (void *block, size_t size), (block, size))                \
    X(free, void, (void *block), (block))                                        \
    X(posix_memalign, int, (void **block, size_t alignment, size_t size),        \
      (block, alignment, size))                                                  \
    X(aligned_alloc, void *, (size_t alignment, size_t size), (alignment, size)) \
    X(memalign, void *, (size_t alignment, size_t size), (alignment, size))      \
    X(valloc, void *, (size_t size), (size))                                     \
    X(pvalloc, void *, (size_t size), (size))

/* The real call as the hooks make it, and the call that the library makes. */
#define CALLS(name, result, parameters, arguments)                          \
    static result marked_##name parameters {                                \
        struct thread *t __attribute__((cleanup(leave), unused)) = enter(); \
        return library.name arguments;                                      \
    }                                                                       \
    static result inner_##name parameters {                                 \
        return is_allocating() ? library.name arguments : name arguments;   \
    }
FAMILY(CALLS)

static const struct row {
    const char *name;
    void *inner;
} rows[] = {
#define ROW(name, result, parameters, arguments) {#name, (void *)inner_##name},
    FAMILY(ROW)};

static int contains_malloc(struct dl_phdr_info *info, size_t size, void *data) {
    struct elf *e = data;
    (void)size;
    elf_open(e, info);
    return (uint64_t)(uintptr_t)real.malloc - e->start < e->end - e->start;
}

static void settle_slot(uint64_t *slot, const char *name, void *data) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0)
            native_write_slot(data, slot, rows[i].inner);
}

static void mark_calls(void) {
    library = real;
#define MARK(name, result, parameters, arguments) \
    if (real.name != NULL)                        \
        real.name = marked_##name;
    FAMILY(MARK)
#undef MARK
}

void native_settle_library(void) {
    static int is_settled;
    struct elf e;
    if (is_settled)
        return;
    is_settled = 1;
    if (dl_iterate_phdr(contains_malloc, &e) == 0 || native_is_known(&e) ||
        elf_find(&e, "gnu_get_libc_version") != NULL)
        return;
    mark_calls();
    elf_each_slot(&e, settle_slot, &e);
}

/* The allocator that the program would have without us: every call goes on to it. */
#ifndef PRELOAD_REAL_H
#define PRELOAD_REAL_H

#include <stddef.h>

/* One row per function of the malloc family: name, result, parameters. The members of `real` and
 * their look-up are made from it. */
#define REAL_FAMILY(X)                                \
    X(malloc, void *, (size_t))                       \
    X(calloc, void *, (size_t, size_t))               \
    X(realloc, void *, (void *, size_t))              \
    X(free, void, (void *))                           \
    X(posix_memalign, int, (void **, size_t, size_t)) \
    X(aligned_alloc, void *, (size_t, size_t))        \
    X(memalign, void *, (size_t, size_t))             \
    X(valloc, void *, (size_t))                       \
    X(pvalloc, void *, (size_t))                      \
    X(malloc_usable_size, size_t, (void *))           \
    X(free_sized, void, (void *, size_t))             \
    X(free_aligned_sized, void, (void *, size_t, size_t))

struct real {
#define REAL_MEMBER(name, result, parameters) result(*name) parameters;
    REAL_FAMILY(REAL_MEMBER)
#undef REAL_MEMBER
};
extern struct real real;

/* Finds them all. Before it, malloc, calloc, realloc, free and memalign are the C library's own. */
void real_init(void);
/* The distance of two blocks of this allocator, as blockmap_init wants it. */
unsigned real_window_shift(void);
/* The definition of `name` that the object containing `caller` sees, for objects whose libraries
 * are not in the global scope. NULL: there is none. */
void *real_symbol_seen_by(const char *name, const void *caller);

#endif

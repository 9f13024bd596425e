/* Allocators have interfaces of their own beside the standard names: mallocx, tc_malloc, mi_malloc.
 *
 * Those names are not exported: programs probe them as weak symbols to learn which allocator they
 * have. Instead, when an object that defines them is loaded, its symbols are given our hooks'
 * addresses, so that the loader and dlsym hand these out from then on; what the loader has bound
 * before is changed in place. Calls within the allocator's own object stay as they are. */
#ifndef PRELOAD_NATIVE_H
#define PRELOAD_NATIVE_H

#include <stddef.h>
#include <stdint.h>
#include "unwind/elf.h"
#include "tracer/event.h"

struct native_function {
    const char *name;
    void **real; /* stays NULL where the allocator lacks it */
    void *hook;  /* NULL: is called, but not hooked */
};

struct native_allocator {
    const char *sign; /* what nothing else defines together with the first function */
    const struct native_function *functions;
    size_t count;
    struct elf object; /* that defines them; its end is 0 where there is none */
    int is_settled;    /* 1: its own calls go to the real functions */
};
extern struct native_allocator native_jemalloc, native_tcmalloc, native_mimalloc;

/* Looks for the allocators among the loaded objects, now and whenever objects are added. May be
 * called again: once the loader has bound the whole program, what it has bound is changed. */
void native_attach(void);
/* Binds an allocator's own calls to the real functions, which the loader did not do if it met our
 * hooks first. Must not be called before the loader has bound the allocator. */
void native_settle(struct native_allocator *a);

/* Makes the calls by which a library that has malloc, but for the C library, calls itself go to its
 * own functions, the first time that it is called. As early as native_settle. */
void native_settle_library(void);
/* 1 if the object is an allocator whose own names are hooked. */
int native_is_known(const struct elf *e);
/* Binds one word of an object; where that cannot be written a note says so. */
void native_write_slot(const struct elf *e, uint64_t *slot, const void *address);

/* Makes the C library's own definitions lead to our hooks, the first time that it is called: 0, or
 * -1 if some still do not. */
int native_redirect_libc(void);

/* What the hooks report, after the real call unless said otherwise. Calls that come from the
 * allocator itself, or by a jump of its own from one of our hooks, are parts of another call. */
void native_allocated(struct native_allocator *a, const void *at, size_t size,
                      const struct unwind_start *start);
/* A block that stays where it is has `size` bytes now. */
void native_fitted(struct native_allocator *a, const void *at, size_t size,
                   const struct unwind_start *start);

/* What NULL means from a call that may move a block: no memory, and the block is still there, or is
 * not; or a free. */
enum native_loss { NATIVE_KEEPS, NATIVE_LOSES, NATIVE_FREES };
struct native_resize {
    int on;
    struct block old;
};
/* Before the real call. */
struct native_resize native_resize_begin(struct native_allocator *a, const void *at,
                                         const struct unwind_start *start);
void native_resize_end(struct native_allocator *a, struct native_resize r, const void *old,
                       const void *at, size_t size, enum native_loss loss,
                       const struct unwind_start *start);

/* Before the real call; 1 if native_free_end is due after it. */
int native_free_begin(struct native_allocator *a, const void *at, const struct unwind_start *start);
void native_free_end(void);
/* 1 if the hook's caller is to be recorded. */
int native_is_on(struct native_allocator *a, const struct unwind_start *start);

#endif

/* The registers that libunwind starts from, taken in the calling function's own frame. For
 * src/unwind/unwind_libunwind.c alone. */
#ifndef ARCH_ARCH_CONTEXT_H
#define ARCH_ARCH_CONTEXT_H

#include <libunwind.h>

/* 0: here the header has it all. */
static inline int arch_context_load(const void *library) {
    (void)library;
    return 0;
}

enum { ARCH_CONTEXT_BP = UNW_AARCH64_X29 };
#define ARCH_CONTEXT_TAKE(context) unw_getcontext(context)

#endif

/* The registers that libunwind starts from, taken in the calling function's own frame. For
 * src/unwind/unwind_libunwind.c alone. */
#ifndef ARCH_ARCH_CONTEXT_H
#define ARCH_ARCH_CONTEXT_H

#include <dlfcn.h>
#include <libunwind.h>
#include <stddef.h>

static int (*arch_context_function)(unw_context_t *);

/* 0, or -1: the library lacks it. */
static inline int arch_context_load(void *library) {
    arch_context_function = (int (*)(unw_context_t *))dlsym(library, "_Ux86_64_getcontext");
    return arch_context_function != NULL ? 0 : -1;
}

enum { ARCH_CONTEXT_BP = UNW_X86_64_RBP };
#define ARCH_CONTEXT_TAKE(context) arch_context_function(context)

#endif

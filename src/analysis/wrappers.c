#include "analysis/wrappers.h"
#include <stdlib.h>
#include <string.h>
#include "analysis/glob.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Sorted, for bsearch. glibc's own names are here beside the public ones: debug information gives
 * those. */
static const char *const functions[] = {
    "_IO_getdelim",
    "_IO_vasprintf",
    "___asprintf",
    "___asprintf_chk",
    "___vasprintf",
    "___vasprintf_chk",
    "__asprintf",
    "__asprintf_chk",
    "__cxa_allocate_dependent_exception",
    "__cxa_allocate_exception",
    "__getdelim",
    "__getline",
    "__libc_calloc",
    "__libc_malloc",
    "__libc_memalign",
    "__libc_pvalloc",
    "__libc_realloc",
    "__libc_reallocarray",
    "__libc_valloc",
    "__posix_memalign",
    "__strdup",
    "__strndup",
    "__vasprintf",
    "__vasprintf_chk",
    "__vasprintf_internal",
    "__wcsdup",
    "aligned_alloc",
    "asprintf",
    "calloc",
    "getdelim",
    "getline",
    "malloc",
    "mallocx",
    "memalign",
    "operator new",
    "operator new[]",
    "posix_memalign",
    "pvalloc",
    "rallocx",
    "realloc",
    "reallocarray",
    "strdup",
    "strndup",
    "valloc",
    "vasprintf",
    "wcsdup",
};

static const char *const prefixes[] = {
    "std::",    "__gnu_cxx::", "alloc::",   "core::",       "<std::",
    "<alloc::", "<core::",     "__rustc::", "__rust_alloc", "__rust_realloc",
    "__rdl_",   "__rg_",       "hgc_",      "heapline_",    "tc_",
    "je_",      "mi_",
};

/* Where the sources and headers of the C++ and Rust libraries lie: in a directory of the root, or
 * below one and then another. */
static const struct {
    const char *root, *below, *then;
} directories[] = {
    {NULL, "/include/", "/c++/"},
    {NULL, "/libstdc++-v3/", NULL},
    {NULL, "/libcxx/", NULL},
    {"/rustc/", NULL, NULL},
    {NULL, "/lib/rustlib/src/rust/", NULL},
    {"/rust/deps/", NULL, NULL},
    {NULL, "/registry/src/", "/hashbrown-"},
};

static int by_name(const void *name, const void *element) {
    return strcmp(name, *(const char *const *)element);
}

static int begins_with(const char *text, const char *prefix) {
    return *text == *prefix && !strncmp(text, prefix, strlen(prefix));
}

static int has_prefix(const char *function) {
    for (size_t i = 0; i < COUNT(prefixes); i++)
        if (begins_with(function, prefixes[i]))
            return 1;
    return 0;
}

/* Rust's `<T as alloc::slice::ToOwned>::to_owned`: the library's own where T is no named type,
 * whose implementations would be the program's. */
static int is_generic_method(const char *function) {
    const char *as = *function == '<' ? strstr(function, " as ") : NULL;
    return as && !memmem(function, (size_t)(as - function), "::", 2) && has_prefix(as + 4);
}

static int is_wrapper_function(const char *function) {
    return bsearch(function, functions, COUNT(functions), sizeof *functions, by_name) ||
           has_prefix(function) || is_generic_method(function);
}

/* One slash can end the one and begin the other. */
static int lies_below(const char *file, const char *below, const char *then) {
    const char *found = strstr(file, below);
    return found && (!then || strstr(found + strlen(below) - 1, then));
}

static int lies_in_library(const char *file) {
    for (size_t i = 0; i < COUNT(directories); i++)
        if (directories[i].root ? begins_with(file, directories[i].root)
                                : lies_below(file, directories[i].below, directories[i].then))
            return 1;
    return 0;
}

static int is_added(const struct wrapper_list *more, const char *text) {
    for (size_t i = 0; more && text && i < more->count; i++)
        if (glob_match(more->globs[i], strlen(more->globs[i]), text))
            return 1;
    return 0;
}

int wrappers_is_libc(const char *module) {
    if (!module)
        return 0;
    const char *slash = strrchr(module, '/'), *name = slash ? slash + 1 : module;
    return begins_with(name, "libc.so.") || begins_with(name, "libc-2.");
}

enum wrapper_kind wrappers_classify(const struct wrapper_list *more, const char *function,
                                    const char *file, const char *module) {
    if ((function && is_wrapper_function(function)) || (file && lies_in_library(file)) ||
        is_added(more, function) || is_added(more, file))
        return WRAPPER_YES;
    return wrappers_is_libc(module) ? WRAPPER_LIBC : WRAPPER_NONE;
}

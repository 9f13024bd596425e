#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "preload/real.h"
#include "unwind/unwind.h"

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

struct real real = {
    .malloc = __libc_malloc,
    .calloc = __libc_calloc,
    .realloc = __libc_realloc,
    .free = __libc_free,
    .memalign = __libc_memalign,
    .aligned_alloc = __libc_memalign,
};

static const struct row {
    const char *name;
    size_t offset;
} rows[] = {
#define REAL_ROW(name, result, parameters) {#name, offsetof(struct real, name)},
    REAL_FUNCTIONS(REAL_ROW)
#undef REAL_ROW
};

void real_init(void) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *found = dlsym(RTLD_NEXT, rows[i].name);
        if (found != NULL)
            memcpy((char *)&real + rows[i].offset, &found, sizeof found);
    }
}

void real_each(real_visitor *visit) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t address;
        memcpy(&address, (const char *)&real + rows[i].offset, sizeof address);
        visit(rows[i].name, address);
    }
}

/* NULL: nowhere. dladdr would read the object's whole symbol table. */
static const struct link_map *object_of(const void *function) {
    struct dl_find_object object;
    return _dl_find_object((void *)(uintptr_t)function, &object) == 0 ? object.dlfo_link_map : NULL;
}

int real_is_cxx_runtime(const void *function) {
    const struct link_map *object = object_of(function);
    return object != NULL && (strstr(object->l_name, "libstdc++") != NULL ||
                              strstr(object->l_name, "libc++") != NULL);
}

/* Of another allocator than glibc's nothing is assumed but 8 bytes between blocks. An
 * operator new that does not come from a C++ runtime may have blocks of its own. */
unsigned real_lanes(void) {
    const struct link_map *allocator = object_of((const void *)real.malloc);
    void *operator_new = dlsym(RTLD_NEXT, "_Znwm");
    if (allocator == NULL || allocator != object_of((const void *)__libc_malloc))
        return 4;
    return operator_new == NULL || real_is_cxx_runtime(operator_new) ? 1 : 4;
}

/* Through the main program the search leads back to us: that is no answer. */
static void *symbol_in(const char *library, const char *name) {
    void *handle = dlopen(library, RTLD_NOLOAD | RTLD_LAZY), *found;
    if (handle == NULL)
        return NULL;
    found = dlsym(handle, name);
    dlclose(handle);
    return unwind_is_own((uint64_t)(uintptr_t)found) ? NULL : found;
}

/* A tail call hides the object that meant to call; then any C++ runtime that is loaded will do. */
void *real_symbol_seen_by(const char *name, const void *caller) {
    static const char *const runtimes[] = {"libstdc++.so.6", "libc++abi.so.1"};
    Dl_info info;
    void *found = dladdr(caller, &info) ? symbol_in(info.dli_fname, name) : NULL;
    for (size_t i = 0; found == NULL && i < sizeof runtimes / sizeof *runtimes; i++)
        found = symbol_in(runtimes[i], name);
    return found;
}

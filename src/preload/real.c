#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "preload/operators.h"
#include "preload/real.h"
#include "unwind/elf.h"

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

void *real_syscall;

static const struct row {
    const char *name;
    size_t offset;
} rows[] = {
#define REAL_ROW(name, result, parameters) {#name, offsetof(struct real, name)},
    REAL_FUNCTIONS(REAL_ROW)
#undef REAL_ROW
};

/* Asking the loader for what is not there would leave a text, which the next question frees: maybe
 * through a stranger's free, which may have a question of its own. */
static int defines(struct dl_phdr_info *info, size_t size, void *name) {
    struct elf e;
    (void)size;
    elf_open(&e, info);
    return elf_find(&e, name) != NULL && !((uint64_t)&real - e.start < e.end - e.start);
}

static void *look_up(const struct row *row) {
    const struct row *certain_end = rows + sizeof rows / sizeof *rows - REAL_UNCERTAIN;
    if (row >= certain_end && dl_iterate_phdr(defines, (void *)row->name) == 0)
        return NULL;
    return dlsym(RTLD_NEXT, row->name);
}

void real_init(void) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *found = look_up(&rows[i]);
        if (found != NULL)
            memcpy((char *)&real + rows[i].offset, &found, sizeof found);
    }
    real_syscall = (void *)real.syscall;
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

/* Of another allocator than glibc's nothing is assumed but 8 bytes between blocks. */
unsigned real_lanes(void) {
    const struct link_map *allocator = object_of((const void *)real.malloc);
    int is_libc = allocator != NULL && allocator == object_of((const void *)__libc_malloc);
    return is_libc && !operators_have_blocks(OPERATOR_Znwm) ? 1 : 4;
}

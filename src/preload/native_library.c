/* An allocator library's own calls. Where its functions call each other by their public names, as
 * calloc may call malloc, the loader has led these calls to our hooks, and one block would be two:
 * they go to the library's own definitions. The C library needs it not, nor an allocator
 * whose own names are hooked: those go on from what the hooks expect. */
#include <link.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/native.h"
#include "preload/real.h"
#include "unwind/elf.h"
#include "unwind/unwind.h"

struct search {
    struct elf own, library; /* their ends are 0 until they are found */
};

static int is_defined_by(const struct elf *e, const char *name, uint64_t address) {
    const Elf64_Sym *symbol = elf_find(e, name);
    return symbol != NULL && e->bias + symbol->st_value == address;
}

static int is_allocator(const struct elf *e) {
    return is_defined_by(e, "malloc", (uint64_t)(uintptr_t)real.malloc) &&
           is_defined_by(e, "calloc", (uint64_t)(uintptr_t)real.calloc) &&
           is_defined_by(e, "realloc", (uint64_t)(uintptr_t)real.realloc) &&
           is_defined_by(e, "free", (uint64_t)(uintptr_t)real.free);
}

static int examine(struct dl_phdr_info *info, size_t size, void *data) {
    struct search *s = data;
    struct elf e;
    (void)size;
    elf_open(&e, info);
    if (unwind_is_own(e.start))
        s->own = e;
    else if (is_allocator(&e))
        s->library = e;
    return s->own.end != 0 && s->library.end != 0;
}

static void settle_slot(uint64_t *slot, const char *name, void *data) {
    const struct search *s = data;
    const Elf64_Sym *symbol = elf_find(&s->library, name);
    if (symbol != NULL && ELF64_ST_TYPE(symbol->st_info) == STT_FUNC &&
        elf_find(&s->own, name) != NULL)
        native_write_slot(&s->library, slot, (void *)(s->library.bias + symbol->st_value));
}

void native_settle_library(void) {
    static int is_settled;
    struct search s = {.own.end = 0};
    if (is_settled)
        return;
    is_settled = 1;
    if (dl_iterate_phdr(examine, &s) != 0 && !native_is_known(&s.library))
        elf_each_slot(&s.library, settle_slot, &s);
}

#include <dlfcn.h>
#include <elf.h>
#include <string.h>
#include <sys/auxv.h>

#include "unwind/object.h"

enum { IN_FIRST_PAGE = 4096 };

static const ElfW(Ehdr) * header_at(const void *at) {
    const ElfW(Ehdr) *elf = at;
    if (memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 ||
        elf->e_phoff + elf->e_phnum * sizeof(ElfW(Phdr)) > IN_FIRST_PAGE)
        return NULL;
    return elf;
}

/* At the start of the first segment, which is usually linked to address 0; NULL: elsewhere. */
static const ElfW(Ehdr) * header_of(const struct dl_find_object *found) {
    struct dl_find_object first;
    const ElfW(Ehdr) *elf = header_at(found->dlfo_map_start);
    void *start = (void *)found->dlfo_link_map->l_addr;
    if (elf != NULL || _dl_find_object(start, &first) != 0 ||
        first.dlfo_link_map != found->dlfo_link_map || first.dlfo_map_start != start)
        return elf;
    return header_at(start);
}

static void find_segments(struct object *to, const struct dl_find_object *found) {
    const ElfW(Ehdr) *elf = header_of(found);
    if (elf != NULL) {
        to->segments = (const ElfW(Phdr) *)((const char *)elf + elf->e_phoff);
        to->segment_count = elf->e_phnum;
    } else if (*found->dlfo_link_map->l_name == '\0') { /* the program itself */
        to->segments = (const ElfW(Phdr) *)getauxval(AT_PHDR);
        to->segment_count = to->segments != NULL ? getauxval(AT_PHNUM) : 0;
    }
}

void object_describe(struct object *to, const struct dl_find_object *found) {
    *to = (struct object){.start = (uint64_t)(uintptr_t)found->dlfo_map_start,
                          .end = (uint64_t)(uintptr_t)found->dlfo_map_end};
    find_segments(to, found);
    for (size_t i = 0; i < to->segment_count; i++) {
        const ElfW(Phdr) *s = &to->segments[i];
        uint64_t start = found->dlfo_link_map->l_addr + s->p_vaddr, end = start + s->p_memsz;
        if (s->p_type != PT_LOAD)
            continue;
        to->start = start < to->start ? start : to->start;
        to->end = end > to->end ? end : to->end;
    }
}

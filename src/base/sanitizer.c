#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/sanitizer.h"
#include "base/sys.h"

enum { SEGMENTS_MAX = 32, ENTRIES_MAX = 128, NAME_MAX_SIZE = 32 };

/* Nothing in the file can be trusted but that reading it is bounded. */
struct program {
    int fd;
    size_t count;
    Elf64_Phdr segments[SEGMENTS_MAX];
};

/* How many whole elements there are from this offset on, at most `count`. */
static size_t read_at(int fd, uint64_t offset, void *to, size_t element, size_t count) {
    long got = sys_call(SYS_pread64, fd, (long)to, (long)(element * count), (long)offset, 0, 0);
    return sys_failed(got) ? 0 : (size_t)got / element;
}

static int read_segments(struct program *p) {
    Elf64_Ehdr head;
    size_t count;
    if (read_at(p->fd, 0, &head, sizeof head, 1) != 1 ||
        memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64)
        return -1;
    count = head.e_phnum < SEGMENTS_MAX ? head.e_phnum : SEGMENTS_MAX;
    p->count = read_at(p->fd, head.e_phoff, p->segments, sizeof *p->segments, count);
    return 0;
}

/* Where in the file an address is; 0: nowhere. */
static uint64_t offset_of(const struct program *p, uint64_t address) {
    for (size_t i = 0; i < p->count; i++) {
        const Elf64_Phdr *s = &p->segments[i];
        if (s->p_type == PT_LOAD && address - s->p_vaddr < s->p_filesz)
            return address - s->p_vaddr + s->p_offset;
    }
    return 0;
}

static size_t read_dynamic(const struct program *p, Elf64_Dyn *entries) {
    for (size_t i = 0; i < p->count; i++)
        if (p->segments[i].p_type == PT_DYNAMIC) {
            uint64_t most = p->segments[i].p_filesz / sizeof *entries;
            return read_at(p->fd, p->segments[i].p_offset, entries, sizeof *entries,
                           most < ENTRIES_MAX ? most : ENTRIES_MAX);
        }
    return 0;
}

static int is_runtime(const char *name) {
    static const char *const beginnings[] = {
        "libasan.so",       "libhwasan.so",       "liblsan.so",       "libtsan.so",
        "libclang_rt.asan", "libclang_rt.hwasan", "libclang_rt.lsan", "libclang_rt.tsan"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
            return 1;
    return 0;
}

static int names_runtime(const struct program *p, uint64_t strings, uint64_t name) {
    char text[NAME_MAX_SIZE] = "";
    uint64_t offset = offset_of(p, strings + name);
    read_at(p->fd, offset, text, 1, sizeof text - 1);
    return offset != 0 && is_runtime(text);
}

int sanitizer_is_needed(int fd) {
    struct program p = {.fd = fd};
    Elf64_Dyn entries[ENTRIES_MAX];
    uint64_t strings = 0;
    size_t count = read_segments(&p) == 0 ? read_dynamic(&p, entries) : 0;
    for (size_t i = 0; i < count; i++)
        if (entries[i].d_tag == DT_STRTAB)
            strings = entries[i].d_un.d_ptr;
    for (size_t i = 0; i < count && entries[i].d_tag != DT_NULL; i++)
        if (entries[i].d_tag == DT_NEEDED && names_runtime(&p, strings, entries[i].d_un.d_val))
            return 1;
    return 0;
}

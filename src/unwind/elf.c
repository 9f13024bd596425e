#include <elf.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/sys.h"
#include "unwind/elf.h"

static void read_dynamic(struct elf *e, const Elf64_Dyn *d) {
    for (; d->d_tag != DT_NULL; d++)
        if (d->d_tag == DT_GNU_HASH)
            e->hash = d->d_un.d_ptr;
        else if (d->d_tag < DT_NUM)
            e->dynamic[d->d_tag] = d->d_un.d_val;
}

void elf_open(struct elf *e, const struct dl_phdr_info *info) {
    *e = (struct elf){.bias = info->dlpi_addr,
                      .start = UINT64_MAX,
                      .segments = info->dlpi_phdr,
                      .segment_count = info->dlpi_phnum};
    for (size_t i = 0; i < e->segment_count; i++) {
        const Elf64_Phdr *s = &e->segments[i];
        uint64_t from = e->bias + s->p_vaddr;
        if (s->p_type == PT_DYNAMIC)
            read_dynamic(e, (const Elf64_Dyn *)from);
        if (s->p_type != PT_LOAD)
            continue;
        e->start = from < e->start ? from : e->start;
        e->end = from + s->p_memsz > e->end ? from + s->p_memsz : e->end;
    }
}

/* The loader adds the bias in place, where it can write. */
static const void *table(const struct elf *e, uint64_t address) {
    return (const void *)(address < e->bias ? address + e->bias : address);
}

uint32_t elf_hash(const char *name) {
    uint32_t h = 5381;
    while (*name != '\0')
        h = h * 33 + (uint8_t)*name++;
    return h;
}

/* The header of a GNU hash table; a Bloom filter of `words`, the buckets and the chains follow. */
struct hash_table {
    uint32_t buckets, first, words, shift;
};

static int may_have(const struct hash_table *t, uint32_t hash) {
    const uint64_t *filter = (const uint64_t *)(t + 1);
    uint64_t wanted = UINT64_C(1) << hash % 64 | UINT64_C(1) << (hash >> t->shift) % 64;
    return (filter[hash / 64 % t->words] & wanted) == wanted;
}

static int defines(const Elf64_Sym *symbol) {
    return symbol->st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol->st_info) == STT_FUNC;
}

const Elf64_Sym *elf_find(const struct elf *e, const char *name) {
    return elf_find_hashed(e, name, elf_hash(name));
}

const Elf64_Sym *elf_find_hashed(const struct elf *e, const char *name, uint32_t hash) {
    const struct hash_table *t = table(e, e->hash);
    const Elf64_Sym *symbols = table(e, e->dynamic[DT_SYMTAB]);
    const char *strings = table(e, e->dynamic[DT_STRTAB]);
    uint32_t i;
    const uint32_t *buckets, *chains;
    if (e->hash == 0 || t->buckets == 0 || t->words == 0 || !may_have(t, hash))
        return NULL;
    buckets = (const uint32_t *)((const uint64_t *)(t + 1) + t->words);
    chains = buckets + t->buckets - t->first;
    i = buckets[hash % t->buckets];
    if (i < t->first)
        return NULL;
    do {
        if ((chains[i] | 1) == (hash | 1) && defines(&symbols[i]) &&
            strcmp(strings + symbols[i].st_name, name) == 0)
            return &symbols[i];
    } while (!(chains[i++] & 1)); /* the last one's lowest bit is set */
    return NULL;
}

static void visit_slots(const struct elf *e, int tag, int size_tag, elf_visitor *visit,
                        void *data) {
    const Elf64_Rela *r = table(e, e->dynamic[tag]);
    const Elf64_Rela *end = r + e->dynamic[size_tag] / sizeof *r;
    const Elf64_Sym *symbols = table(e, e->dynamic[DT_SYMTAB]);
    const char *strings = table(e, e->dynamic[DT_STRTAB]);
    for (; e->dynamic[tag] != 0 && r < end; r++)
        if (ELF64_R_TYPE(r->r_info) == ARCH_R_JUMP_SLOT ||
            ELF64_R_TYPE(r->r_info) == ARCH_R_GLOB_DAT ||
            ELF64_R_TYPE(r->r_info) == ARCH_R_ABSOLUTE)
            visit((uint64_t *)(e->bias + r->r_offset),
                  strings + symbols[ELF64_R_SYM(r->r_info)].st_name, data);
}

void elf_each_slot(const struct elf *e, elf_visitor *visit, void *data) {
    visit_slots(e, DT_RELA, DT_RELASZ, visit, data);
    visit_slots(e, DT_JMPREL, DT_PLTRELSZ, visit, data);
}

static uint64_t page_of(uint64_t address) {
    return address & -(uint64_t)getauxval(AT_PAGESZ);
}

/* The protection that the loader leaves the page of `at` with. */
static int protection_of(const struct elf *e, uint64_t at) {
    int protection = 0;
    for (size_t i = 0; i < e->segment_count; i++) {
        const Elf64_Phdr *s = &e->segments[i];
        uint64_t start = page_of(e->bias + s->p_vaddr);
        uint64_t end = e->bias + s->p_vaddr + s->p_memsz;
        if (s->p_type == PT_GNU_RELRO && at >= start && at < page_of(end))
            return PROT_READ;
        if (s->p_type == PT_LOAD && at >= start && at < end)
            protection = (s->p_flags & PF_R ? PROT_READ : 0) |
                         (s->p_flags & PF_W ? PROT_WRITE : 0) | (s->p_flags & PF_X ? PROT_EXEC : 0);
    }
    return protection;
}

/* Nothing to change where the program may write. */
static int protect(const struct elf *e, const void *from, const void *to, int more) {
    uint64_t page = page_of((uint64_t)from);
    int protection = protection_of(e, (uint64_t)from);
    if (protection & PROT_WRITE)
        return 0;
    return sys_failed(sys_mprotect((void *)page, (uint64_t)to - page, protection | more)) ? -1 : 0;
}

int elf_unlock(const struct elf *e, const void *from, const void *to) {
    return protect(e, from, to, PROT_WRITE);
}

void elf_lock(const struct elf *e, const void *from, const void *to) {
    protect(e, from, to, 0);
}

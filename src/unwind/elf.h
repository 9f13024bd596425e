/* A loaded object's own tables, read where the loader has mapped them: what it defines, and which
 * of its words the loader fills with addresses. No call allocates, takes a lock or touches errno;
 * the object must stay loaded meanwhile. */
#ifndef UNWIND_ELF_H
#define UNWIND_ELF_H

#include <link.h>
#include <stddef.h>
#include <stdint.h>

struct elf {
    uint64_t bias, start, end; /* added to its own addresses; where it lies */
    const Elf64_Phdr *segments;
    size_t segment_count;
    uint64_t dynamic[DT_NUM], hash; /* of its dynamic section; 0: not there */
};

void elf_open(struct elf *e, const struct dl_phdr_info *info);
/* The object's definition of a function, by its GNU hash table; NULL: none. */
const Elf64_Sym *elf_find(const struct elf *e, const char *name);
/* The same where many objects are asked for it. */
uint32_t elf_hash(const char *name);
const Elf64_Sym *elf_find_hashed(const struct elf *e, const char *name, uint32_t hash);
/* Calls visit for every word that the loader has filled, or will, with the address of a symbol. */
typedef void elf_visitor(uint64_t *slot, const char *symbol, void *data);
void elf_each_slot(const struct elf *e, elf_visitor *visit, void *data);

/* Allows writing to the pages of [from, to), and takes it back. 0 or -1: they are as they were. */
int elf_unlock(const struct elf *e, const void *from, const void *to);
void elf_lock(const struct elf *e, const void *from, const void *to);

#endif

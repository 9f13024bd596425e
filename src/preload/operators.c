#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "preload/operators.h"
#include "unwind/elf.h"

enum operators_kind operators_kind;
void *operators_real[OPERATORS];
static uint32_t with_blocks; /* one bit for each name */

static const char *const names[OPERATORS] = {
#define NEW_TEXT(name, alignment) #name,
#define DELETE_TEXT(name) #name,
    OPERATORS_NEW(NEW_TEXT) OPERATORS_DELETE(DELETE_TEXT)};

/* The objects in the order of the global scope. */
struct search {
    struct elf own;
    int is_behind; /* us */
    int is_plain;
    uint32_t found; /* one bit for each name */
    uint32_t hashes[OPERATORS];
};

static int is_own(const struct elf *e) {
    return (uint64_t)&operators_kind - e->start < e->end - e->start;
}

/* libstdc++'s or libc++'s. */
static int is_runtime(const char *object) {
    return strstr(object, "libstdc++") != NULL || strstr(object, "libc++") != NULL;
}

static void note(struct search *s, const struct elf *e, int name, int from_runtime) {
    const Elf64_Sym *symbol = elf_find_hashed(e, names[name], s->hashes[name]);
    if (symbol == NULL)
        return;
    if (!(s->found >> name & 1) && !from_runtime)
        s->is_plain = 0;
    s->found |= UINT32_C(1) << name;
    if (!s->is_behind || operators_real[name] != NULL)
        return;
    operators_real[name] = (void *)(e->bias + symbol->st_value);
    if (elf_find(e, "malloc") != NULL)
        with_blocks |= UINT32_C(1) << name;
}

static int examine(struct dl_phdr_info *info, size_t size, void *search) {
    struct search *s = search;
    int from_runtime = is_runtime(info->dlpi_name);
    struct elf e;
    (void)size;
    elf_open(&e, info);
    if (is_own(&e)) {
        s->own = e;
        s->is_behind = 1;
        return 0;
    }
    if (!s->is_behind && (elf_find(&e, "malloc") != NULL || elf_find(&e, "free") != NULL))
        s->is_plain = 0;
    for (int i = 0; i < OPERATORS; i++)
        note(s, &e, i, from_runtime);
    return 0;
}

/* A symbol without a value is none. */
static void withdraw(const struct elf *own) {
    Elf64_Sym *symbols[OPERATORS], *first = NULL, *last = NULL;
    for (int i = 0; i < OPERATORS; i++) {
        Elf64_Sym *s = symbols[i] = (Elf64_Sym *)elf_find(own, names[i]);
        if (s == NULL) /* no GNU hash table */
            return;
        first = first == NULL || s < first ? s : first;
        last = s > last ? s : last;
    }
    if (elf_unlock(own, first, last + 1) != 0)
        return;
    for (int i = 0; i < OPERATORS; i++) {
        symbols[i]->st_shndx = SHN_UNDEF;
        symbols[i]->st_value = 0;
    }
    elf_lock(own, first, last + 1);
}

void operators_find(void) {
    struct search s = {.is_plain = 1};
    for (int i = 0; i < OPERATORS; i++)
        s.hashes[i] = elf_hash(names[i]);
    dl_iterate_phdr(examine, &s);
    if (s.found == 0 && s.is_behind)
        withdraw(&s.own);
    __atomic_store_n(&operators_kind, s.is_plain ? OPERATORS_PLAIN : OPERATORS_OWN,
                     __ATOMIC_RELEASE);
}

int operators_have_blocks(enum operator_name name) {
    return (with_blocks >> name & 1) != 0;
}

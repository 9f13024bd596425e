#include <link.h>
#include <stddef.h>
#include <string.h>

#include "unwind/elf.h"
#include "preload/hook.h"
#include "preload/native.h"
#include "tracer/modules.h"
#include "tracer/store.h"
#include "unwind/unwind.h"

static struct native_allocator *const allocators[] = {&native_jemalloc, &native_tcmalloc,
                                                      &native_mimalloc};
enum { ALLOCATORS = sizeof allocators / sizeof *allocators };

static int lies_in(const struct native_allocator *a, uint64_t address) {
    return address - a->object.start < a->object.end - a->object.start;
}

/* Its symbols may have been redirected already. */
static int is_defined_by(const struct native_allocator *a, const struct elf *e) {
    const Elf64_Sym *first = elf_find(e, a->functions[0].name);
    return first != NULL && elf_find(e, a->sign) != NULL &&
           e->bias + first->st_value != (uint64_t)a->functions[0].hook;
}

int native_is_known(const struct elf *e) {
    for (int i = 0; i < ALLOCATORS; i++)
        if (allocators[i]->object.start == e->start)
            return 1;
    return 0;
}

/* A second copy of an allocator is left alone: a hook can go on to one only. */
static int is_loaded(const struct native_allocator *a) {
    struct dl_find_object object;
    return a->object.end != 0 && _dl_find_object((void *)a->object.start, &object) == 0 &&
           (uint64_t)object.dlfo_map_start == a->object.start;
}

/* Finds the real functions; *first and *last are the outermost of their symbols. */
static void look_up(const struct native_allocator *a, const struct elf *e, const Elf64_Sym **first,
                    const Elf64_Sym **last) {
    *first = *last = elf_find(e, a->functions[0].name);
    for (size_t i = 0; i < a->count; i++) {
        const Elf64_Sym *s = elf_find(e, a->functions[i].name);
        *a->functions[i].real = s != NULL ? (void *)(e->bias + s->st_value) : NULL;
        *first = s != NULL && s < *first ? s : *first;
        *last = s != NULL && s > *last ? s : *last;
    }
}

/* Who asks the loader for one of the functions gets our hook from now on. */
static void redirect_symbols(struct native_allocator *a, const struct elf *e) {
    const Elf64_Sym *first, *last;
    if (!store.may_grow)
        return;
    look_up(a, e, &first, &last);
    if (elf_unlock(e, first, last + 1) != 0) {
        store_note(ARENA_NOTE_NOT_HOOKED);
        return;
    }
    a->object = *e;
    a->is_settled = 0;
    for (size_t i = 0; i < a->count; i++) {
        Elf64_Sym *s = (Elf64_Sym *)elf_find(e, a->functions[i].name);
        if (s != NULL && a->functions[i].hook != NULL)
            __atomic_store_n(&s->st_value, (uint64_t)a->functions[i].hook - e->bias,
                             __ATOMIC_RELEASE);
    }
    elf_lock(e, first, last + 1);
}

/* The main program comes first. An allocator that is part of it is left alone: it calls its own
 * functions without the loader. */
static int examine(struct dl_phdr_info *info, size_t size, void *adds) {
    unsigned long long *seen = adds;
    struct elf e;
    (void)size;
    if (info->dlpi_name[0] == '\0') {
        int known = *seen == info->dlpi_adds;
        *seen = info->dlpi_adds;
        return known;
    }
    elf_open(&e, info);
    for (int i = 0; i < ALLOCATORS; i++)
        if (is_defined_by(allocators[i], &e) && !is_loaded(allocators[i]))
            redirect_symbols(allocators[i], &e);
    return 0;
}

/* Called by the loader's own allocations while it adds objects: those that an object needs are
 * mapped by then and not bound yet, so none of them can have met the real functions. */
static void find_allocators(void) {
    static unsigned long long adds;
    dl_iterate_phdr(examine, &adds);
}

static void *hook_of(const struct native_allocator *a, uint64_t real) {
    for (size_t i = 0; i < a->count; i++)
        if ((uint64_t)*a->functions[i].real == real)
            return a->functions[i].hook;
    return NULL;
}

void native_write_slot(const struct elf *e, uint64_t *slot, const void *address) {
    if (elf_unlock(e, slot, slot + 1) != 0) {
        store_note(ARENA_NOTE_NOT_HOOKED);
        return;
    }
    __atomic_store_n(slot, (uint64_t)address, __ATOMIC_RELEASE);
    elf_lock(e, slot, slot + 1);
}

/* What is bound already holds the address of a real function; what is not will get our hook. */
static void rebind_slot(uint64_t *slot, const char *symbol, void *object) {
    const struct elf *e = object;
    (void)symbol;
    for (int i = 0; i < ALLOCATORS; i++) {
        const struct native_allocator *a = allocators[i];
        void *hook = lies_in(a, *slot) && e->start != a->object.start ? hook_of(a, *slot) : NULL;
        if (hook != NULL)
            native_write_slot(e, slot, hook);
    }
}

/* Our own words go to the real functions. */
static int rebind(struct dl_phdr_info *info, size_t size, void *data) {
    struct elf e;
    (void)size, (void)data;
    elf_open(&e, info);
    if (!unwind_is_own(e.start))
        elf_each_slot(&e, rebind_slot, &e);
    return 0;
}

static void settle_slot(uint64_t *slot, const char *symbol, void *data) {
    const struct native_allocator *a = data;
    for (size_t i = 0; i < a->count; i++)
        if (a->functions[i].hook != NULL && strcmp(a->functions[i].name, symbol) == 0)
            native_write_slot(&a->object, slot, *a->functions[i].real);
}

void native_settle(struct native_allocator *a) {
    if (!__atomic_exchange_n(&a->is_settled, 1, __ATOMIC_ACQ_REL) && store.may_grow)
        elf_each_slot(&a->object, settle_slot, a);
}

void native_attach(void) {
    int found = 0;
    find_allocators();
    modules_added = find_allocators;
    /* Before, words may not be relocated and the loader has not protected the pages. */
    if (_r_debug.r_state != RT_CONSISTENT)
        return;
    native_settle_library();
    for (int i = 0; i < ALLOCATORS; i++)
        if (allocators[i]->object.end != 0) {
            native_settle(allocators[i]);
            found = 1;
        }
    if (found)
        dl_iterate_phdr(rebind, NULL);
}

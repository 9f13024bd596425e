/* The C library's own definitions of what we hook. A library loaded with RTLD_DEEPBIND gets past
 * every preload to them, and so does who asks the C library's handle for them: they lead to our
 * hooks. These go on to the real functions, which have been found before. */
#include <link.h>
#include <stddef.h>
#include <string.h>

#include "preload/native.h"
#include "preload/real.h"
#include "unwind/elf.h"
#include "unwind/unwind.h"

static struct elf own, libc; /* their ends are 0 until they are found */

static int find_both(struct dl_phdr_info *info, size_t size, void *data) {
    struct elf e;
    (void)size, (void)data;
    elf_open(&e, info);
    if (unwind_is_own(e.start))
        own = e;
    else if (elf_find(&e, "gnu_get_libc_version") != NULL)
        libc = e;
    return own.end != 0 && libc.end != 0;
}

static int is_real(const Elf64_Sym *symbol, uint64_t real_address) {
    return symbol != NULL && libc.bias + symbol->st_value == real_address;
}

static int starts_programs(const char *name) {
    return strstr(name, "exec") != NULL || strstr(name, "spawn") != NULL;
}

/* Somebody between us and the C library who has but a part of malloc's functions goes on to the
 * others from them: all of these are the C library's, or none is redirected. */
static int allocates = 1;

static void judge(const char *name, uint64_t real_address) {
    const Elf64_Sym *symbol = elf_find(&libc, name);
    if (symbol != NULL && !is_real(symbol, real_address) && !starts_programs(name))
        allocates = 0;
}

/* Where our hook of this function is; 0: it has to do without. */
static uint64_t hook_of(const char *name, uint64_t real_address, const Elf64_Sym *symbol) {
    const Elf64_Sym *hook = elf_find(&own, name);
    if (hook == NULL || !is_real(symbol, real_address) || !(allocates || starts_programs(name)))
        return 0;
    return own.bias + hook->st_value;
}

static const Elf64_Sym *first, *last; /* of those that are redirected */

static void stretch(const char *name, uint64_t real_address) {
    const Elf64_Sym *symbol = elf_find(&libc, name);
    if (hook_of(name, real_address, symbol) == 0)
        return;
    first = first == NULL || symbol < first ? symbol : first;
    last = symbol > last ? symbol : last;
}

static void redirect(const char *name, uint64_t real_address) {
    Elf64_Sym *symbol = (Elf64_Sym *)elf_find(&libc, name);
    uint64_t hook = hook_of(name, real_address, symbol);
    if (hook != 0)
        __atomic_store_n(&symbol->st_value, hook - libc.bias, __ATOMIC_RELEASE);
}

static int redirect_all(void) {
    real_each(judge);
    real_each(stretch);
    if (first == NULL)
        return 0;
    if (elf_unlock(&libc, first, last + 1) != 0)
        return -1;
    real_each(redirect);
    elf_lock(&libc, first, last + 1);
    return 0;
}

int native_redirect_libc(void) {
    static int result;
    if (libc.end == 0 && dl_iterate_phdr(find_both, NULL) != 0)
        result = redirect_all();
    return result;
}

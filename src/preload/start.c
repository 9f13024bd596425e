#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <unistd.h>

#include "preload/hook.h"
#include "preload/native.h"
#include "preload/operators.h"
#include "preload/target.h"
#include "tracer/store.h"
#include "unwind/elf.h"
#include "unwind/unwind.h"

static int started;

/* Where malloc is another's, its blocks are not seen, however they are asked for. In a program at a
 * fixed address that takes malloc's, the name may stand for an entry of its procedure linkage
 * table, which leads to ours: that symbol is an undefined one. */
static int is_default_anothers(void) {
    const ElfW(Sym) *symbol = NULL;
    Dl_info info;
    void *found = dlsym(RTLD_DEFAULT, "malloc");
    return !unwind_is_own((uint64_t)(uintptr_t)found) &&
           dladdr1(found, &info, (void **)&symbol, RTLD_DL_SYMENT) && symbol != NULL &&
           symbol->st_shndx != SHN_UNDEF;
}

enum { OURS = 1, ANOTHERS };

/* Whose comes first, of whatever version: programs ask for the C library's by its version. */
static int look_for_malloc(struct dl_phdr_info *info, size_t size, void *data) {
    struct elf e;
    (void)size, (void)data;
    elf_open(&e, info);
    return unwind_is_own(e.start) ? OURS : elf_find(&e, "malloc") != NULL ? ANOTHERS : 0;
}

static int has_own_allocator(void) {
    return is_default_anothers() || dl_iterate_phdr(look_for_malloc, NULL) == ANOTHERS;
}

static void attach_allocators(void) {
    int is_whole;
    if (has_own_allocator())
        return;
    is_whole = native_redirect_libc() == 0;
    if (session_now() != SESSION_ON)
        return;
    if (!is_whole)
        store_note(ARENA_NOTE_NOT_HOOKED);
    native_attach();
}

static void start(void) {
    int saved = errno;
    unsigned lanes;
    real_init();
    target_init();
    operators_find();
    lanes = real_lanes();
    session_start(lanes);
    attach_allocators();
    errno = saved;
}

void hook_start(void) {
    if (started || hook_is_early())
        return;
    started = 1;
    start();
}

int hook_is_on_after_all(void) {
    if (session_now() == SESSION_NEW)
        hook_start();
    return session_is_recording();
}

/* The program has started tracing itself. */
static void at_resumption(void) {
    session_loaded(has_own_allocator());
    attach_allocators();
}

__attribute__((constructor)) static void at_load(void) {
    int saved = errno;
    session_resumed = at_resumption;
    hook_start();
    session_loaded(has_own_allocator());
    attach_allocators();
    errno = saved;
}

__attribute__((destructor)) static void at_exit(void) {
    session_finish();
}

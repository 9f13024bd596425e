#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/sanitizer.h"
#include "base/sys.h"
#include "base/text.h"
#include "preload/target.h"

static const char *own_entry;

void target_init(void) {
    Dl_info info;
    if (dladdr((void *)(unsigned long)&target_init, &info))
        own_entry = info.dli_fname;
}

/* --- the environment --- */

enum { PAGE = 4096 /* the smallest */ };

/* What an exec is given may be no memory: then the kernel says so, if we have not read it before.
 * `page` is the last that was found to be readable. */
static int is_readable(const char *at, uintptr_t *page) {
    uintptr_t its_page = (uintptr_t)at & ~(uintptr_t)(PAGE - 1);
    if (its_page != *page && !sys_is_readable((const void *)its_page))
        return 0;
    *page = its_page;
    return 1;
}

static int is_readable_text(const char *text, uintptr_t *page) {
    size_t room;
    for (; is_readable(text, page); text += room) {
        room = PAGE - (uintptr_t)text % PAGE;
        if (strnlen(text, room) < room)
            return 1;
    }
    return 0;
}

static int is_readable_environment(char *const envp[]) {
    uintptr_t pointers = UINTPTR_MAX, texts = UINTPTR_MAX; /* no page */
    for (; is_readable((const char *)envp, &pointers) &&
           is_readable((const char *)(envp + 1) - 1, &pointers);
         envp++) {
        if (*envp == NULL)
            return 1;
        if (!is_readable_text(*envp, &texts))
            return 0;
    }
    return 0;
}

/* The value of a variable in envp; NULL: not set. */
static const char *value_of(char *const envp[], const char *name) {
    size_t length = strlen(name);
    for (; *envp != NULL; envp++)
        if (strncmp(*envp, name, length) == 0 && (*envp)[length] == '=')
            return *envp + length + 1;
    return NULL;
}

/* Our entry in a list that spaces and colons split; NULL: not there. */
static const char *find_entry(const char *list) {
    size_t length = strlen(own_entry);
    while (*list != '\0') {
        size_t n = strcspn(list, ": ");
        if (n == length && memcmp(list, own_entry, n) == 0)
            return list;
        list += n + (list[n] != '\0');
    }
    return NULL;
}

static int is_preloaded_by(char *const envp[]) {
    const char *list;
    if (own_entry == NULL || !is_readable_environment(envp))
        return 0;
    list = value_of(envp, "LD_PRELOAD");
    return list != NULL && find_entry(list) != NULL;
}

/* --- the program --- */

/* glibc's loader; anything else (musl's) would take our symbols for a damaged library. */
static int is_our_loader(const char *interpreter) {
    const char *slash = strrchr(interpreter, '/');
    return strncmp(slash != NULL ? slash + 1 : interpreter, "ld-linux", 8) == 0;
}

enum { HEAD = 2048, SCRIPTS_MAX = 4 };

/* An ELF file's first bytes, none of which can be trusted. Without an interpreter it is static and
 * ignores LD_PRELOAD. */
static int elf_can_load_us(const char *head, size_t size) {
    const Elf64_Ehdr *elf = (const Elf64_Ehdr *)head;
    if (size < sizeof *elf || elf->e_ident[EI_CLASS] != ELFCLASS64 ||
        elf->e_machine != ARCH_MACHINE)
        return 0;
    if (elf->e_phoff > size || elf->e_phoff % sizeof(Elf64_Off) != 0)
        return 1;
    for (size_t i = 0; i < elf->e_phnum && i < (size - elf->e_phoff) / sizeof(Elf64_Phdr); i++) {
        const Elf64_Phdr *p = (const Elf64_Phdr *)(head + elf->e_phoff) + i;
        if (p->p_type == PT_INTERP && p->p_filesz > 0 && p->p_filesz <= size &&
            p->p_offset <= size - p->p_filesz && head[p->p_offset + p->p_filesz - 1] == '\0')
            return is_our_loader(head + p->p_offset);
    }
    return 1;
}

static int fd_can_load_us(int fd, int scripts_left);

static int file_can_load_us(const char *path, int scripts_left) {
    long fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
    int r;
    if (sys_failed(fd))
        return 1; /* unreadable or not there: the exec will tell */
    r = fd_can_load_us((int)fd, scripts_left);
    sys_close((int)fd);
    return r;
}

/* "#! /path argument": what counts is the interpreter. */
static int script_can_load_us(char *head, size_t size, int scripts_left) {
    char *path = head + 2;
    head[size] = '\0';
    path += strspn(path, " \t");
    path[strcspn(path, " \t\n")] = '\0';
    return scripts_left == 0 || file_can_load_us(path, scripts_left - 1);
}

static int fd_can_load_us(int fd, int scripts_left) {
    _Alignas(8) char head[HEAD + 1];
    long size = sys_call(SYS_pread64, fd, (long)head, HEAD, 0, 0, 0);
    if (size >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0)
        return elf_can_load_us(head, (size_t)size) && !sanitizer_is_needed(fd);
    if (size >= 2 && head[0] == '#' && head[1] == '!')
        return script_can_load_us(head, (size_t)size, scripts_left);
    return 1;
}

/* --- both --- */

/* Whatever the file is: the loader must find us where it will look (not after a chroot), and must
 * not be asked to list the objects that it would load, as ldd does. */
static int environment_lets_us_load(char *const envp[]) {
    const char *trace = value_of(envp, "LD_TRACE_LOADED_OBJECTS");
    if (trace != NULL && *trace != '\0')
        return 0;
    return sys_call(SYS_faccessat, AT_FDCWD, (long)own_entry, 4 /* R_OK */, 0, 0, 0) == 0;
}

int target_fd_can_load_us(int fd, char *const envp[]) {
    return !is_preloaded_by(envp) ||
           (environment_lets_us_load(envp) && fd_can_load_us(fd, SCRIPTS_MAX));
}

int target_can_load_us(const char *path, char *const envp[]) {
    return !is_preloaded_by(envp) ||
           (environment_lets_us_load(envp) && file_can_load_us(path, SCRIPTS_MAX));
}

int target_found_can_load_us(const char *file, char *const envp[]) {
    const char *path = getenv("PATH");
    char candidate[1024];
    struct text t;
    if (strchr(file, '/') != NULL || path == NULL || !is_preloaded_by(envp))
        return target_can_load_us(file, envp);
    for (size_t n; *path != '\0'; path += n + (path[n] != '\0')) {
        n = strcspn(path, ":");
        text_init(&t, candidate, sizeof candidate);
        text_bytes(&t, path, n);
        text_string(&t, n != 0 ? "/" : "");
        text_string(&t, file);
        if (t.length < sizeof candidate &&
            sys_call(SYS_faccessat, AT_FDCWD, (long)candidate, 1 /* X_OK */, 0, 0, 0) == 0)
            return target_can_load_us(candidate, envp);
    }
    return environment_lets_us_load(envp);
}

/* --- another environment --- */

unsigned long target_environment_size(char *const envp[]) {
    unsigned long count = 1;
    for (char *const *e = envp; *e != NULL; e++)
        count++;
    return count * sizeof *envp + strlen(value_of(envp, "LD_PRELOAD")) + sizeof "LD_PRELOAD=";
}

/* LD_PRELOAD= without our entry and one separator beside it. */
static void write_preload(char *to, const char *list) {
    const char *entry = find_entry(list), *after = entry + strlen(own_entry);
    size_t before = (size_t)(entry - list);
    if (*after != '\0')
        after++;
    else if (before > 0)
        before--;
    to = stpcpy(to, "LD_PRELOAD=");
    memcpy(to, list, before);
    strcpy(to + before, after);
}

char **target_environment_without_us(char *const envp[], void *memory) {
    char **out = memory, **at = out, *text;
    const char *list = value_of(envp, "LD_PRELOAD");
    size_t count = 1;
    for (char *const *e = envp; *e != NULL; e++)
        count++;
    text = (char *)(out + count);
    write_preload(text, list);
    for (; *envp != NULL; envp++) {
        if (*envp + sizeof "LD_PRELOAD" != list)
            *at++ = *envp;
        else if (text[sizeof "LD_PRELOAD"] != '\0')
            *at++ = text;
    }
    *at = NULL;
    return out;
}

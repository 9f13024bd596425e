#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "base/sanitizer.h"
#include "run_elf.h"

/* --- PATH --- */

static int check_executable(const char *path) {
    struct stat st;
    if (stat(path, &st))
        return errno == EACCES ? EACCES : ENOENT;
    if (!S_ISREG(st.st_mode) || faccessat(AT_FDCWD, path, X_OK, AT_EACCESS))
        return EACCES;
    return 0;
}

static int join(char *path, size_t size, const char *dir, size_t dir_size, const char *name) {
    int n = snprintf(path, size, "%.*s%s%s", (int)dir_size, dir, dir_size ? "/" : "", name);
    return n < 0 || (size_t)n >= size ? ENAMETOOLONG : 0;
}

static int search(const char *program, char *path, size_t path_size) {
    const char *dir = getenv("PATH");
    int result = ENOENT;
    for (dir = dir ? dir : "/bin:/usr/bin"; dir;) {
        size_t length = strcspn(dir, ":"); /* empty: the working directory */
        int error = join(path, path_size, dir, length, program);
        if (!error && !(error = check_executable(path)))
            return 0;
        if (error == EACCES)
            result = EACCES;
        dir = dir[length] ? dir + length + 1 : NULL;
    }
    return result;
}

int run_elf_find(const char *program, char *path, size_t path_size) {
    if (!*program)
        return ENOENT;
    if (!strchr(program, '/'))
        return search(program, path, path_size);
    int error = join(path, path_size, "", 0, program);
    return error ? error : check_executable(path);
}

/* --- ELF --- */

/* The loaders of glibc by the beginning of their file name. */
static int is_glibc_loader(const char *interpreter) {
    static const char *const names[] = {"ld-linux", "ld64.so", "ld.so."};
    const char *slash = strrchr(interpreter, '/');
    const char *name = slash ? slash + 1 : interpreter;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strncmp(name, names[i], strlen(names[i])))
            return 1;
    return 0;
}

static int find_interpreter(Elf *elf, int fd, char *interpreter) {
    size_t count;
    GElf_Phdr phdr;
    if (elf_getphdrnum(elf, &count))
        return -1;
    for (size_t i = 0; i < count; i++)
        if (gelf_getphdr(elf, (int)i, &phdr) && phdr.p_type == PT_INTERP) {
            size_t size = phdr.p_filesz < PATH_MAX ? phdr.p_filesz : PATH_MAX - 1;
            ssize_t got = pread(fd, interpreter, size, (off_t)phdr.p_offset);
            interpreter[got > 0 ? got : 0] = 0;
            return 0;
        }
    return -1;
}

/* Of the program's own class and machine, so libelf hands out symbols as they are in memory: a
 * large program has 100,000 of them. */
static int is_malloc(const ElfW(Sym) * symbol, const Elf_Data *names) {
    static const char name[] = "malloc";
    int type = GELF_ST_TYPE(symbol->st_info);
    return symbol->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_GNU_IFUNC) &&
           names->d_size >= sizeof name && symbol->st_name <= names->d_size - sizeof name &&
           !memcmp((const char *)names->d_buf + symbol->st_name, name, sizeof name);
}

static int section_defines_malloc(Elf *elf, Elf_Scn *section) {
    GElf_Shdr shdr;
    if (!gelf_getshdr(section, &shdr) || (shdr.sh_type != SHT_DYNSYM && shdr.sh_type != SHT_SYMTAB))
        return 0;
    const Elf_Data *data = elf_getdata(section, NULL);
    const Elf_Data *names = elf_getdata(elf_getscn(elf, shdr.sh_link), NULL);
    const ElfW(Sym) *symbols = data ? data->d_buf : NULL;
    size_t count = symbols && names && names->d_buf ? data->d_size / sizeof *symbols : 0;
    for (size_t i = 0; i < count; i++)
        if (is_malloc(&symbols[i], names))
            return 1;
    return 0;
}

static int defines_malloc(Elf *elf) {
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));)
        if (section_defines_malloc(elf, section))
            return 1;
    return 0;
}

/* e_machine of this very program, which is the tracer's. */
static int own_machine(void) {
    Elf64_Ehdr ehdr = {0}; /* e_machine lies at the same place in both classes */
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, &ehdr, sizeof ehdr);
    if (fd >= 0)
        close(fd);
    return got >= (ssize_t)sizeof(Elf32_Ehdr) ? ehdr.e_machine : EM_NONE;
}

static const char *judge_elf(Elf *elf, int fd) {
    char interpreter[PATH_MAX];
    GElf_Ehdr ehdr;
    int machine = own_machine();
    if (!gelf_getehdr(elf, &ehdr))
        return NULL;
    if (gelf_getclass(elf) != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32))
        return sizeof(void *) == 8 ? "it is a 32-bit program" : "it is a 64-bit program";
    if (machine != EM_NONE && ehdr.e_machine != machine)
        return "it is a program for another kind of machine";
    if (find_interpreter(elf, fd, interpreter))
        return "it is statically linked";
    if (!is_glibc_loader(interpreter))
        return "its C library is not glibc";
    if (defines_malloc(elf))
        return "it defines a malloc of its own";
    if (sanitizer_is_needed(fd))
        return "it is built with a sanitizer, which has a malloc of its own";
    return NULL;
}

/* --- Rights: the loader drops LD_PRELOAD where exec changes them --- */

static int keeps_rights(int fd) {
    struct statvfs vfs;
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ||
           (!fstatvfs(fd, &vfs) && vfs.f_flag & ST_NOSUID);
}

static const char *judge_rights(int fd) {
    struct stat st;
    if (fstat(fd, &st) || keeps_rights(fd))
        return NULL;
    uid_t uid = st.st_mode & S_ISUID ? st.st_uid : geteuid();
    int set_gid = (st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);
    gid_t gid = set_gid ? st.st_gid : getegid();
    if (uid != getuid() || gid != getgid())
        return "it runs with other user or group rights (set-id)";
    if (getuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0)
        return "its file capabilities give it other rights";
    return NULL;
}

/* --- #! --- */

/* The interpreter of a script; a text without #! is run by /bin/sh, as execvp does. */
static void script_interpreter(char *head, char *interpreter) {
    int is_named = !strncmp(head, "#!", 2);
    char *name = head + 2 + strspn(head + 2, " \t");
    name[strcspn(name, " \t\n")] = 0;
    snprintf(interpreter, PATH_MAX, "%s", is_named ? name : "/bin/sh");
}

static const char *judge_program(int fd) {
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    const char *obstacle = elf ? judge_elf(elf, fd) : NULL;
    elf_end(elf);
    return obstacle ? obstacle : judge_rights(fd);
}

/* One link of the chain. 1: a script, whose interpreter now is in `path`; 0: `*obstacle` is the
 * answer. */
static int judge(char *path, const char **obstacle) {
    char head[257] = {0};
    int is_script = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : pread(fd, head, sizeof head - 1, 0);
    if (got >= SELFMAG && !memcmp(head, ELFMAG, SELFMAG))
        *obstacle = judge_program(fd);
    else if (got > 0) {
        script_interpreter(head, path);
        is_script = 1;
    }
    if (fd >= 0)
        close(fd);
    return is_script;
}

const char *run_elf_obstacle(const char *path, char *elf) {
    enum { KERNEL_LIMIT = 5 }; /* of nested interpreters */
    const char *obstacle = NULL;
    snprintf(elf, PATH_MAX, "%s", path);
    elf_version(EV_CURRENT);
    for (int depth = 0; depth <= KERNEL_LIMIT && judge(elf, &obstacle); depth++)
        ;
    return obstacle;
}
